// Invalidations of many keys over two levels; a task on an event loop.

import CacheEngine
import Invalidation
import NIOCore
import RedisClient
import Synchronization

/// What came of an invalidation.
struct SharedInvalidation: Sendable {
    /// How many entries were removed.
    var removed = 0
    /// What kept it from removing all; nil: nothing did.
    var failure: RedisError?
    /// Where its events are in the log: a revision for each partition.
    var revisions: [Int: UInt64] = [:]

    mutating func add(partition: Int, revision: UInt64) {
        revisions[partition] = max(revisions[partition] ?? 0, revision)
    }
}

extension SharedLevel {
    /// The longest wait for how many keys there are, which only those want to know who watch.
    private static let countTimeout = Duration.seconds(1)

    /// Removes what is selected: from the writes that are still to be sent, from the servers of
    /// all pools, from memory; and only then tells everybody, so that nobody can refill from
    /// what is about to vanish.
    func invalidate(
        _ selection: Selection, cause: [UInt8], _ context: WriteContext
    ) async -> SharedInvalidation {
        var outcome = SharedInvalidation()
        outcome.removed = queue.removeAll(by: context.writer) { selection.contains($0) }
        let deadline = context.deadline ?? .now() + TimeAmount(configuration.walkTimeout)
        let pools = pools
        let (removed, failure) = await runningWalks.run(
            WalkStatistics.Kind(selection), at: clock.now(), parts: pools.count,
            total: { await Self.keyCount(pools) }
        ) { parts in
            await self.removeFromServers(
                selection, loop: context.loop, deadline: deadline, progress: parts)
        }
        outcome.removed += removed
        outcome.failure = failure
        let removals = namespace(of: selection, loop: context.loop).counters[context.loop]
        removals.invalidations.count(UInt64(outcome.removed))
        await applier.walks.runToItsEnd {
            _ = self.engine.remove(selection, now: self.clock.now())
        }
        await announce(selection, cause: cause, context, &outcome)
        return outcome
    }

    /// The namespace that counts a removal: that of the keys where a pattern tells it, else the
    /// default.
    private func namespace(of selection: Selection, loop: Int) -> SharedNamespace {
        let start = if case .pattern(let glob) = selection { glob.literalPrefix } else { [UInt8]() }
        return start.withUnsafeBytes { namespace(of: $0, loop: loop) }
    }

    /// How many entries were removed, and what kept it from removing all.
    private func removeFromServers(
        _ selection: Selection, loop: Int, deadline: NIODeadline, progress: [RemovalProgress]
    ) async -> (Int, RedisError?) {
        await withTaskGroup(of: (Int, RedisError?).self) { group in
            for (pool, progress) in zip(pools, progress) {
                group.addTask {
                    do throws(RedisError) {
                        let removed = try await pool.store.removeAll(
                            StoreSelection(selection), progress: progress,
                            on: pool.servers[loop: loop], deadline: deadline)
                        return (removed, nil)
                    } catch {
                        return (progress.removed, error)
                    }
                }
            }
            return await group.reduce((0, nil)) { ($0.0 + $1.0, $0.1 ?? $1.1) }
        }
    }

    /// About how many keys the pools hold.
    private static func keyCount(_ pools: [SharedPool]) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for pool in pools {
                group.addTask { await pool.servers.keyCount(timeout: countTimeout) }
            }
            return await group.reduce(0, +)
        }
    }
}

extension StoreSelection {
    init(_ selection: Selection) {
        switch selection {
        case .pattern(let glob): self = .pattern(glob)
        case .tag(let tag): self = .tag(tag)
        case .everything: self = .everything
        }
    }
}
