// The entries that instances share on the servers of one pool; any thread, calls on their loop.

import CacheEngine
import Invalidation
import NIOCore
import Synchronization

/// The shared store: entries on Redis, each change with its revision and its event.
///
/// The `async` calls may be made anywhere; the bytes they borrow must stay valid until they
/// return. Those with a completion are made on the router's loop, and complete on it.
package final class SharedStore: Sendable {
    /// Where the keys are.
    package let layout: StoreLayout
    let pool: RedisPool
    let history: Int
    let maxEntryBytes: Int
    let marks: RandomMarks
    let counters = StoreCounters()

    /// A store.
    ///
    /// - Parameters:
    ///   - prefix: What the keys of the deployment begin with.
    ///   - history: How many changes a partition's log keeps, about.
    ///   - maxEntryBytes: The most bytes of a stored entry, its envelope included; also of one
    ///     whose value is compressed, once it is not.
    ///   - seed: Random numbers, anew in every process.
    package init(
        pool: RedisPool, prefix: String, history: Int, maxEntryBytes: Int, seed: UInt64
    ) {
        precondition(history > 0, "a log keeps something")
        self.pool = pool
        layout = StoreLayout(prefix: prefix)
        self.history = history
        self.maxEntryBytes = maxEntryBytes
        marks = RandomMarks(seed: seed)
    }

    /// What it has met so far.
    package var statistics: StoreStatistics { counters.statistics }
}
