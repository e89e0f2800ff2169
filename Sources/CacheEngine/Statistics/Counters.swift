// Owns the counters of one namespace; a value. Each stripe has its own, guarded by its lock.

/// What happened in a namespace since the engine was made, and what it holds now.
public struct Counters: Hashable, Sendable {
    /// Reads that found an entry.
    public var hits: UInt64 = 0
    /// Reads that found none.
    public var misses: UInt64 = 0
    /// Entries written, loads included.
    public var sets: UInt64 = 0
    /// Entries removed by delete.
    public var deletes: UInt64 = 0
    /// Entries removed for room, by reason.
    public var evicted = EvictionCounts()
    /// Entries removed because their time was up.
    public var expirations: UInt64 = 0
    /// Entries removed by an invalidation.
    public var invalidations: UInt64 = 0
    /// Writes refused because there was no room and none could be made.
    public var rejectedForRoom: UInt64 = 0
    /// Loads that joined another caller's flight.
    public var coalesced: UInt64 = 0
    /// Entries there are now, those included whose time is up and that no sweep has met yet.
    public var entries = 0
    /// Bytes they take of the budget.
    public var bytes = 0
    /// The budget in bytes; of a namespace without its own, the default's, which it shares.
    public var maxBytes = 0

    /// Entries removed for room.
    public var evictions: UInt64 { evicted.total }

    /// Adds everything but the budget, which may be shared.
    mutating func add(_ other: Counters) {
        hits += other.hits
        misses += other.misses
        sets += other.sets
        deletes += other.deletes
        evicted.add(other.evicted)
        expirations += other.expirations
        invalidations += other.invalidations
        rejectedForRoom += other.rejectedForRoom
        coalesced += other.coalesced
        entries += other.entries
        bytes += other.bytes
    }
}
