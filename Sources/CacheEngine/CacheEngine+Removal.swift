// Removals; any thread.

import Synchronization

extension CacheEngine {
    /// How many buckets one turn under a lock looks at: few, for a pattern may be slow to match.
    static let bucketsPerRemoval = 32
    /// How many buckets of flights one turn looks at, each of one flight in the mean.
    static let flightBucketsPerTurn = 64
    /// The most deadlines one turn under a lock looks at.
    static let deadlinesPerTurn = 64

    /// Removes the entry of `key`, if it has the version `ifVersion` (nil: any).
    ///
    /// Without a version the removal is committed even of a key that does not exist: others may
    /// hold what this cache has evicted.
    public func delete(
        _ key: UnsafeRawBufferPointer, ifVersion: UInt64? = nil, now: Timestamp,
        writer: UnsafeRawBufferPointer = Change.nothing
    ) -> DeleteOutcome {
        let hash = hasher.hash(key)
        var garbage = Garbage()
        let outcome = stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.delete(
                key, hash: hash, ifVersion: ifVersion, now: now, writer: writer,
                garbage: &garbage)
        }
        garbage.discard(arena)
        return outcome
    }

    /// Removes the entry of `key` and commits the invalidation, whether there was one or not:
    /// others may hold what this cache no longer does.
    ///
    /// - Returns: Whether there was an entry.
    public func invalidate(
        _ key: UnsafeRawBufferPointer, now: Timestamp,
        writer: UnsafeRawBufferPointer = Change.nothing,
        cause: UnsafeRawBufferPointer = Change.nothing
    ) -> Bool {
        let hash = hasher.hash(key)
        var garbage = Garbage()
        let existed = stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.invalidate(
                key, hash: hash, now: now, writer: writer, cause: cause, garbage: &garbage)
        }
        garbage.discard(arena)
        return existed
    }

    /// Removes every entry for which `matches` holds, without a commit for each: the caller
    /// appends one event for the whole afterwards. Counted as invalidations.
    ///
    /// Entries that are there during the whole call are looked at; of those written meanwhile
    /// some are. Goes stripe by stripe, under a lock for a few hundred entries at a time.
    ///
    /// - Parameters:
    ///   - matches: Runs under a lock: quick, and no calls of the engine.
    ///   - flights: The keys whose loads under way must not be stored; all of them unless the
    ///     caller can tell by the key. Runs under a lock, too.
    /// - Returns: How many entries were removed.
    public func removeAll(
        now: Timestamp, where matches: (EntryView) -> Bool,
        flights: (UnsafeRawBufferPointer) -> Bool = { _ in true }
    ) -> Int {
        var removed = 0
        for index in 0..<stripes.count {
            // First the flights: one that ends from here on stores nothing, one that ended
            // before has stored what the walk is going to meet.
            var bucket: Int? = 0
            while let start = bucket {
                bucket = stripes.withLock(index) { stripe in
                    stripe.flights.forget(
                        from: start, width: Self.flightBucketsPerTurn, where: flights)
                }
            }
            var next: UInt64? = 0
            while let start = next {
                var garbage = Garbage()
                let turn = stripes.withLock(index) { stripe in
                    stripe.removeMatching(
                        from: start, width: Self.bucketsPerRemoval, now: now, where: matches,
                        garbage: &garbage)
                }
                garbage.discard(arena)
                removed += turn.removed
                next = turn.next
            }
        }
        return removed
    }

    /// Removes every entry, without commits, as `removeAll` does; counted as invalidations, and
    /// among them those whose time was up already.
    ///
    /// Each lock is held only to change the stripe's table for an empty one; the entries are
    /// freed afterwards by the calling thread, at some 300 ns each.
    ///
    /// - Returns: How many entries were removed.
    public func removeEverything() -> Int {
        var removed = 0
        for index in 0..<stripes.count {
            var table = EntryTable(arena: arena)
            removed += stripes.withLock(index) { $0.clear(leaving: &table) }
        }
        return removed
    }

    /// Removes entries whose time is up, for a timer to call.
    ///
    /// Looks at no more than `maxRemovals` deadlines, some of which may turn out to be renewed,
    /// and begins where the last call stopped. Where nothing is due it costs one lock and one
    /// comparison for each stripe.
    ///
    /// - Returns: How many entries were removed, and whether more may be due.
    public func sweep(now: Timestamp, maxRemovals: Int) -> SweepOutcome {
        var removed = 0
        var left = maxRemovals
        let start = sweepHand.load(ordering: .relaxed)
        var visited = 0
        while visited < stripes.count && left > 0 {
            var garbage = Garbage()
            var limit = min(left, Self.deadlinesPerTurn)
            left -= limit
            removed += stripes.withLock((start &+ visited) & (stripes.count - 1)) { stripe in
                stripe.expireDue(now, limit: &limit, garbage: &garbage)
            }
            garbage.discard(arena)
            left += limit
            if limit > 0 { visited += 1 }
        }
        sweepHand.store(start &+ visited, ordering: .relaxed)
        return SweepOutcome(removed: removed, isCutShort: left <= 0)
    }
}
