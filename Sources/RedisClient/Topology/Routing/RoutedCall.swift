// One command that could not be answered at the first try; the event loop of its router only.

import NIOCore

/// A command on its way, with what happened to it so far.
// Handed from loop to loop, used on one at a time.
final class RoutedCall: @unchecked Sendable {
    /// Takes the answer.
    typealias Completion = (Result<RESPValue, RedisError>) -> Void

    /// Where it belongs.
    enum Target: Hashable {
        /// To the shard of a partition.
        case partition(Int)
        /// To that shard.
        case shard(RedisShardID)
    }

    let command: RedisCommand
    let target: Target
    let deadline: NIODeadline
    /// Whether a replica may answer the next try.
    var readsReplica: Bool
    /// Where a server sent it: there instead of the target's shard.
    var redirection: Redirection?
    /// Whether its lane counted it.
    var isCounted = false
    /// Servers in a row that sent it elsewhere.
    var redirections = 0
    /// Tries so far.
    var tries = 0
    /// Why the last try gave no answer.
    var lastError: RedisError?
    /// Whether a try may have been executed although it gave no answer.
    var mayHaveRun = false
    /// Waits between tries.
    var backOff = BackOff.retrying
    /// Ends its wait; nil: it does not wait.
    var timer: Scheduled<Void>?
    /// Whether it waits for a time and not for a connection.
    var waitsForTime = false

    private let home: any EventLoop
    private let completion: Completion

    init(
        _ command: RedisCommand, target: Target, readsReplica: Bool, deadline: NIODeadline,
        home: any EventLoop, completion: @escaping Completion
    ) {
        self.command = command
        self.target = target
        self.readsReplica = readsReplica
        self.deadline = deadline
        self.home = home
        self.completion = completion
    }

    /// Gives the answer to the caller, on the caller's loop.
    func finish(_ result: Result<RESPValue, RedisError>) {
        if home.inEventLoop { return completion(result) }
        home.execute { self.completion(result) }
    }
}
