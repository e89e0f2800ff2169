// Sends the commands of one event loop to the shards they belong to; its event loop only.

import Invalidation
package import NIOCore
import Synchronization

/// The way of an event loop to the servers of a pool.
// Used on its event loop only.
package final class RedisRouter: @unchecked Sendable {
    /// Takes an answer.
    package typealias Completion = (Result<RESPValue, RedisError>) -> Void

    struct LinkKey: Hashable {
        let address: RedisAddress
        let isReplica: Bool
    }

    /// The loop it belongs to.
    package let eventLoop: any EventLoop

    let core: PoolCore
    let index: Int
    var lanes: [RedisShardID: ShardLane] = [:]
    var links: [LinkKey: ServerLink] = [:]
    var parked = ParkedCalls()
    /// Grows with each topology.
    var generation = 0
    /// Why no topology is known; nil: it is, or the first search has not ended.
    var discoveryFailure: RedisError?
    var isShutDown = false
    /// Whose connections it uses; nil: its own.
    var host: RedisRouter?
    var laneOfPartition = [ShardLane?](repeating: nil, count: Partitioning.count)
    let followsFailover: Bool

    init(index: Int, core: PoolCore) {
        self.index = index
        self.core = core
        eventLoop = core.loops[index]
        followsFailover = core.followsFailover
    }

    /// Sends a command to the shard of a partition. It is sent again where that is safe, until
    /// the deadline.
    ///
    /// - Parameters:
    ///   - command: The command; all its keys are of the partition.
    ///   - partition: Below 256.
    ///   - readsReplica: Whether an old answer will do; it must be `readOnly`.
    ///   - deadline: When it fails at the latest.
    ///   - completion: Called once, on the loop, maybe before `send` returns. An error of the
    ///     server is a failure; only NOSCRIPT and WRONGTYPE are `.success(.error(…))`.
    package func send(
        _ command: RedisCommand, partition: Int, readsReplica: Bool = false,
        deadline: NIODeadline, _ completion: @escaping Completion
    ) {
        eventLoop.assertInEventLoop()
        begin(
            RoutedCall(
                command, target: .partition(partition), readsReplica: readsReplica,
                deadline: deadline, home: eventLoop, completion: completion))
    }

    /// Sends a command to a shard's master; as to a partition otherwise.
    package func send(
        _ command: RedisCommand, shard: RedisShardID, deadline: NIODeadline,
        _ completion: @escaping Completion
    ) {
        eventLoop.assertInEventLoop()
        begin(
            RoutedCall(
                command, target: .shard(shard), readsReplica: false, deadline: deadline,
                home: eventLoop, completion: completion))
    }

    /// When the first try ends: half-way to the deadline where another server may answer the
    /// second.
    func firstDeadline(
        _ command: RedisCommand, _ deadline: NIODeadline, _ hasAlternative: Bool, now: NIODeadline
    ) -> NIODeadline {
        guard hasAlternative, !command.traits.isDisjoint(with: [.idempotent, .readOnly]) else {
            return deadline
        }
        return halfway(to: deadline, now: now)
    }

    func halfway(to deadline: NIODeadline, now: NIODeadline) -> NIODeadline {
        now + .nanoseconds((deadline - now).nanoseconds / 2)
    }

    /// How long the breaker of a partition's shard still refuses at least; nil: it does not.
    package func retryAfter(partition: Int) -> Duration? {
        core.health(partition: partition)?.breaker.reading(now: .now()).retryAfter
    }

    func begin(_ call: RoutedCall) {
        if call.readsReplica, !core.wantsReplicas.load(ordering: .relaxed) {
            core.wantsReplicas.store(true, ordering: .relaxed)
            core.hintTopology()
        }
        dispatch(call)
    }

    func lane(of target: RoutedCall.Target) -> ShardLane? {
        switch target {
        case .partition(let partition): laneOfPartition[partition]
        case .shard(let id): lanes[id]
        }
    }
}

extension RedisRouter {
    /// Sends a command to the shard of a partition; from a task on the router's loop.
    package nonisolated(nonsending) func send(
        _ command: RedisCommand, partition: Int, readsReplica: Bool = false, deadline: NIODeadline
    ) async throws(RedisError) -> RESPValue {
        let result = await withUnsafeContinuation { continuation in
            send(command, partition: partition, readsReplica: readsReplica, deadline: deadline) {
                continuation.resume(returning: $0)
            }
        }
        return try result.get()
    }

    /// Sends a command to a shard; from a task on the router's loop.
    package nonisolated(nonsending) func send(
        _ command: RedisCommand, shard: RedisShardID, deadline: NIODeadline
    ) async throws(RedisError) -> RESPValue {
        let result = await withUnsafeContinuation { continuation in
            send(command, shard: shard, deadline: deadline) {
                continuation.resume(returning: $0)
            }
        }
        return try result.get()
    }
}
