// The counters inside statistics; values.

import Messages

extension CacheStats {
    /// Counters of one namespace, or of all.
    public struct Counters: Encodable, Sendable, Hashable {
        /// Reads that found an entry, whichever level had it.
        public var hits: UInt64
        /// Reads that found none in any level. A read that failed is neither.
        public var misses: UInt64
        /// `hits` / (`hits` + `misses`), from 0 to 1; 0 before the first read.
        public var hitRate: Double
        /// Entries written.
        public var sets: UInt64
        /// Entries removed one by one.
        public var deletes: UInt64
        /// Entries removed for room.
        public var evictions: UInt64
        /// Entries removed because their time was up.
        public var expirations: UInt64
        /// Entries removed by invalidation.
        public var invalidations: UInt64
        /// Entries in this instance's memory now.
        public var l1Size: UInt64
        /// Bytes they take, their overhead included.
        public var l1Bytes: UInt64
        /// The budget of `l1Bytes`.
        public var l1MaxBytes: UInt64
        /// Look-ups in the shared level that found the entry.
        public var l2Hits: UInt64
        /// Look-ups in the shared level that found none.
        public var l2Misses: UInt64
        /// Look-ups and writes that the shared level did not answer.
        public var l2Errors: UInt64
        /// Reads that joined another caller's load instead of starting one.
        public var coalesced: UInt64
        /// Writes refused because the namespace's budget had no room for them.
        public var rejectedForRoom: UInt64
    }
}

extension CacheStats.Counters {
    init(_ counters: Messages.Counters) {
        hits = counters.hits
        misses = counters.misses
        // JSON has no number for it, and a rate is never one of these.
        hitRate = counters.hitRate.isFinite ? counters.hitRate : 0
        sets = counters.sets
        deletes = counters.deletes
        evictions = counters.evictions
        expirations = counters.expirations
        invalidations = counters.invalidations
        l1Size = counters.l1Size
        l1Bytes = counters.l1Bytes
        l1MaxBytes = counters.l1MaxBytes
        l2Hits = counters.l2Hits
        l2Misses = counters.l2Misses
        l2Errors = counters.l2Errors
        coalesced = counters.coalesced
        rejectedForRoom = counters.rejectedForRoom
    }
}
