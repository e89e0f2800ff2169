// A command on its way to the server that should have it: nearly every command is just that; its
// router's event loop only.

import NIOCore

/// The first try of a command: all that its answer needs, in one object that is used again.
// Used on its event loop only.
final class FirstTry: @unchecked Sendable {
    var command = RedisCommand(arguments: 0)
    private(set) var partition = 0
    private(set) var started = NIODeadline.uptimeNanoseconds(0)
    private(set) var deadline = NIODeadline.uptimeNanoseconds(0)
    private var router: RedisRouter?
    private var lane: ShardLane?
    private var completion: RedisRouter.Completion?

    @inline(__always)
    func begin(
        _ router: RedisRouter, _ lane: ShardLane, _ partition: Int, _ started: NIODeadline,
        _ deadline: NIODeadline, _ completion: @escaping RedisRouter.Completion
    ) {
        self.router = router
        self.lane = lane
        self.partition = partition
        self.started = started
        self.deadline = deadline
        self.completion = completion
    }

    /// Takes the answer of its connection.
    func ended(_ result: Result<RESPValue, RedisError>) {
        guard let router else { preconditionFailure("a command is answered once") }
        router.ended(self, result)
    }

    /// Lets go of all but the command; what the answer is for.
    @inline(__always)
    func end() -> (ShardLane, RedisRouter.Completion)? {
        guard let lane, let completion else { return nil }
        router = nil
        self.lane = nil
        self.completion = nil
        return (lane, completion)
    }
}

/// First tries that are over, with the memory of their commands.
struct FirstTries {
    /// The most that are kept.
    private static let maxCount = 4_096
    /// A command with more memory does not keep it.
    private static let maxCommandBytes = 1 << 10

    private var tries: [FirstTry] = []

    @inline(__always)
    mutating func take() -> FirstTry { tries.popLast() ?? FirstTry() }

    @inline(__always)
    mutating func give(_ first: FirstTry) {
        guard tries.count < Self.maxCount,
            first.command.bytes.storageCapacity <= Self.maxCommandBytes
        else { return }
        tries.append(first)
    }
}
