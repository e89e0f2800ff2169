// What is used most, inside statistics; values.

import Messages

extension CacheStats {
    /// What is used most, and what takes the most room. Reads are estimated from a sample of them,
    /// and those of a minute ago count half.
    public struct Top: Encodable, Sendable, Hashable {
        /// The keys whose reads find an entry most often, the hottest first.
        public var hottestKeys: [HotKey]
        /// The prefixes whose reads find none most often, the most missed first.
        public var missedPrefixes: [MissedPrefix]
        /// The entries that take the most of the instance's memory, the largest first.
        public var largestEntries: [LargeEntry]
    }

    /// A key that is read often.
    public struct HotKey: Encodable, Sendable, Hashable {
        /// The key.
        public var key: String
        /// Reads a second that found it, whichever level had it.
        public var readsPerSecond: Double
        /// Its part of all reads, from 0 to 1.
        public var share: Double
    }

    /// A prefix whose keys are often not there.
    public struct MissedPrefix: Encodable, Sendable, Hashable {
        /// The keys' part up to their first `:` or up to their second, with that `:`; empty for
        /// the keys that have none.
        public var prefix: String
        /// Reads a second that found no entry in any level.
        public var missesPerSecond: Double
        /// The part of its reads that found none, from 0 to 1.
        public var missRate: Double
        /// Its part of all misses, from 0 to 1.
        public var share: Double
    }

    /// An entry that takes much room.
    public struct LargeEntry: Encodable, Sendable, Hashable {
        /// The key.
        public var key: String
        /// Bytes it takes of the instance's memory, its overhead included.
        public var bytes: UInt64
    }
}

extension CacheStats.Top {
    init(_ message: TopStats) {
        hottestKeys = message.hottestKeys.map {
            CacheStats.HotKey(
                key: $0.key.string, readsPerSecond: $0.readsPerSecond.orZero,
                share: $0.share.orZero)
        }
        missedPrefixes = message.missedPrefixes.map {
            CacheStats.MissedPrefix(
                prefix: $0.prefix.string, missesPerSecond: $0.missesPerSecond.orZero,
                missRate: $0.missRate.orZero, share: $0.share.orZero)
        }
        largestEntries = message.largestEntries.map {
            CacheStats.LargeEntry(key: $0.key.string, bytes: $0.bytes)
        }
    }
}

extension Double {
    /// JSON has no number for what is not finite, and a rate never is that.
    fileprivate var orZero: Double { isFinite ? self : 0 }
}
