// Owns what the analytics tell; values, usable on every thread.

/// What is used most, and what takes the most room. Approximate: see ``CacheEngine/top``.
package struct TopReport: Hashable, Sendable {
    /// A key that is read often.
    package struct HotKey: Hashable, Sendable {
        /// The key.
        package var key: [UInt8]
        /// Reads a second that found it.
        package var readsPerSecond: Double
        /// Its part of all reads, from 0 to 1.
        package var share: Double
    }

    /// A prefix whose keys are often not there.
    package struct MissedPrefix: Hashable, Sendable {
        /// The prefix, with its `:`; empty for the keys that have none.
        package var prefix: [UInt8]
        /// Reads a second that found nothing.
        package var missesPerSecond: Double
        /// The part of its reads that found nothing, from 0 to 1.
        package var missRate: Double
        /// Its part of all misses, from 0 to 1.
        package var share: Double
    }

    /// An entry that takes much room in memory.
    package struct LargeEntry: Hashable, Sendable {
        /// The key.
        package var key: [UInt8]
        /// What it takes of the budget, overhead included.
        package var bytes: Int
    }

    /// The hottest first.
    package var hottestKeys: [HotKey]
    /// The most missed first.
    package var missedPrefixes: [MissedPrefix]
    /// The largest first.
    package var largestEntries: [LargeEntry]
}
