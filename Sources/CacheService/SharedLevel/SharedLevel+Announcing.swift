// How everybody is told that many keys were invalidated; a task on an event loop.

import CacheEngine
import Invalidation
import NIOCore
import RedisClient

/// What everybody is to be told, with bytes that stay.
private struct Announcement: Sendable {
    let selection: Selection
    let text: OutgoingChange
    let loop: Int
    /// Random, not 0: the same in all copies.
    let number: UInt64
    let now: Timestamp
    let deadline: NIODeadline
}

extension SharedLevel {
    /// Tells every shard of all pools, at once: an instance that does not hear one of them hears
    /// of the other shards' entries by theirs, and of that one's as soon as it hears it again.
    /// Memory is cleared by every copy; watchers hear of one.
    ///
    /// That one is where the first pool has what is named. If that shard fails, another one that
    /// took a copy is given theirs, too; a shard that took it and failed to say so makes them hear
    /// of it twice.
    func announce(
        _ selection: Selection, cause: [UInt8], _ context: WriteContext,
        _ outcome: inout SharedInvalidation
    ) async {
        let announcement = Announcement(
            selection: selection, text: OutgoingChange(writer: context.writer, cause: cause),
            loop: context.loop, number: .random(in: 1 ... .max), now: clock.now(),
            deadline: deadline(nil))
        let told = await tellAllPools(announcement)
        // Whoever hears only of the shard that was not told may still answer with what was removed.
        outcome.failure = outcome.failure ?? told.lazy.compactMap(\.failure).first
        if let heard = told[0].heard {
            return outcome.add(partition: heard.partition, revision: heard.revision)
        }
        for (index, pool) in told.enumerated() {
            for partition in pool.partitions {
                do throws(RedisError) {
                    let event = try await announcement.tellWatchers(in: pools[index], partition)
                    return outcome.add(
                        partition: index * Partitioning.count + event.partition,
                        revision: event.revision)
                } catch {
                    outcome.failure = outcome.failure ?? error
                }
            }
        }
    }

    /// What came of it in each pool.
    private func tellAllPools(_ announcement: Announcement) async -> [StoreAnnouncement] {
        await withTaskGroup(of: (Int, StoreAnnouncement).self) { group in
            for (index, pool) in pools.enumerated() {
                group.addTask {
                    (index, await announcement.tell(pool, isForWatchers: index == 0))
                }
            }
            return await group.reduce(
                into: Array(repeating: StoreAnnouncement(), count: pools.count)
            ) { $0[$1.0] = $1.1 }
        }
    }
}

extension Announcement {
    /// Tells every shard of a pool.
    func tell(_ pool: SharedPool, isForWatchers: Bool) async -> StoreAnnouncement {
        let target = OutgoingTarget(selection)
        defer { withExtendedLifetime((target, text)) {} }
        return await pool.store.announceEverywhere(
            target.target, kind: .invalidate, text.made(now: now), number: number,
            isForWatchers: isForWatchers, on: pool.servers[loop: loop], deadline: deadline)
    }

    /// Tells watchers by a partition of a pool.
    func tellWatchers(
        in pool: SharedPool, _ partition: Int
    ) async throws(RedisError) -> (partition: Int, revision: UInt64) {
        let target = OutgoingTarget(selection)
        defer { withExtendedLifetime((target, text)) {} }
        return try await pool.store.announce(
            target.target, kind: .invalidate, text.made(now: now), in: partition,
            on: pool.servers[loop: loop], deadline: deadline)
    }
}

/// What a selection names, as the store wants it: its bytes are valid while this is kept.
private struct OutgoingTarget {
    let target: InvalidationTarget
    private let bytes: OutgoingChange?

    init(_ selection: Selection) {
        switch selection {
        case .pattern(let glob): (target, bytes) = (.pattern(glob), nil)
        case .everything: (target, bytes) = (.everything, nil)
        case .tag(let tag):
            let owned = tag.withUnsafeBytes { OutgoingChange(key: $0) }
            (target, bytes) = (.tag(owned.key), owned)
        }
    }
}
