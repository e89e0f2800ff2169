// Owns what the analytics tell; values, usable on every thread.

/// What is used most, and what takes the most room. Approximate: see ``CacheEngine/top``.
public struct TopReport: Hashable, Sendable {
    /// A key that is read often.
    public struct HotKey: Hashable, Sendable {
        /// The key.
        public var key: [UInt8]
        /// Reads a second that found it.
        public var readsPerSecond: Double
        /// Its part of all reads, from 0 to 1.
        public var share: Double
    }

    /// A prefix whose keys are often not there.
    public struct MissedPrefix: Hashable, Sendable {
        /// The prefix, with its `:`; empty for the keys that have none.
        public var prefix: [UInt8]
        /// Reads a second that found nothing.
        public var missesPerSecond: Double
        /// The part of its reads that found nothing, from 0 to 1.
        public var missRate: Double
        /// Its part of all misses, from 0 to 1.
        public var share: Double
    }

    /// An entry that takes much room in memory.
    public struct LargeEntry: Hashable, Sendable {
        /// The key.
        public var key: [UInt8]
        /// What it takes of the budget, overhead included.
        public var bytes: Int
    }

    /// The hottest first.
    public var hottestKeys: [HotKey]
    /// The most missed first.
    public var missedPrefixes: [MissedPrefix]
    /// The largest first.
    public var largestEntries: [LargeEntry]
}
