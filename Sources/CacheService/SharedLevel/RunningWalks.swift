// Owns which invalidations walk over all keys now; any thread.

package import CacheEngine
import Locks
import NIOCore
package import RedisClient

/// The walks of this instance, for those who want to know how far they are.
package final class RunningWalks: Sendable {
    private struct Walk: Sendable {
        var statistics: WalkStatistics
        /// Each part's: a pool's.
        let parts: [RemovalProgress]
    }

    private let walks = Locked<[UInt64: Walk]>([:])

    /// None yet.
    package init() {}

    /// Runs a walk of so many parts, each of which tells its progress, and shows it until it
    /// ends.
    ///
    /// - Parameter total: Says about how many keys there are, while the walk goes on; 0: nobody
    ///   knows.
    package func run<Result: Sendable, Failure: Error>(
        _ kind: WalkStatistics.Kind, at now: Timestamp, parts count: Int = 1,
        total: @escaping @Sendable () async -> Int,
        _ body: ([RemovalProgress]) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let parts = (0..<count).map { _ in RemovalProgress() }
        let statistics = WalkStatistics(
            id: UInt64.random(in: 1 ... .max), kind: kind, startedAt: now)
        let id = statistics.id
        walks.withLock { $0[id] = Walk(statistics: statistics, parts: parts) }
        let counting = Task {
            let total = await total()
            self.walks.withLock { $0[id]?.statistics.total = total }
        }
        defer {
            counting.cancel()
            walks.withLock { $0[id] = nil }
        }
        return try await body(parts)
    }

    /// How far they are, the oldest first.
    package var statistics: [WalkStatistics] {
        walks.withLock { Array($0.values) }.map { walk in
            var statistics = walk.statistics
            statistics.scanned = walk.parts.reduce(0) { $0 + $1.scanned }
            statistics.removed = walk.parts.reduce(0) { $0 + $1.removed }
            return statistics
        }.sorted { $0.startedAt < $1.startedAt }
    }
}

extension RedisPool {
    /// About how many keys its servers hold; those that do not answer in time count as empty.
    package func keyCount(timeout: Duration) async -> Int {
        let router = self[loop: 0]
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        return await withTaskGroup(of: Int.self) { tasks in
            for shard in shards {
                tasks.addTask { await router.keyCount(of: shard.id, deadline: deadline) }
            }
            return await tasks.reduce(0, +)
        }
    }
}

extension RedisRouter {
    fileprivate func keyCount(of shard: RedisShardID, deadline: NIODeadline) async -> Int {
        await withCheckedContinuation { continuation in
            eventLoop.execute {
                let command = RedisCommand("DBSIZE", traits: .readOnly)
                self.send(command, shard: shard, deadline: deadline) { result in
                    guard case .success(.integer(let count)) = result else {
                        return continuation.resume(returning: 0)
                    }
                    continuation.resume(returning: Int(count))
                }
            }
        }
    }
}
