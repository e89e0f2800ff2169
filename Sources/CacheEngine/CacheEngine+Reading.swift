// Reads; any thread.

public import Synchronization

extension CacheEngine {
    /// The most buckets one turn under a lock looks at, and one call of `keys` in all.
    private static let bucketsPerTurn = 512
    private static let bucketsPerCall = 65_536

    /// Reads the entry of `key`. Counted as a hit or a miss; a hit is a use.
    ///
    /// An entry whose time is up is removed, committed as an expiry, and is a miss. A hit takes
    /// one lock and allocates nothing.
    public func get(_ key: UnsafeRawBufferPointer, now: Timestamp) -> CacheEntry? {
        let hash = hasher.hash(key)
        var garbage = Garbage()
        let slot = stripes.withLock(stripes.index(of: hash)) { stripe in
            let hit = stripe.hit(key, hash: hash, now: now, garbage: &garbage)
            hit?.entry.retain()
            return hit?.slot
        }
        garbage.discard(arena)
        return slot.map { CacheEntry(taking: $0, of: arena) }
    }

    /// Shows the entry of `key` to `body`, under no lock; nil when there is none. Counted as
    /// ``get`` counts. A hit takes one lock and allocates nothing; the view is valid in `body`
    /// only.
    @inlinable
    @inline(__always)
    public func withEntry<Result>(
        _ key: UnsafeRawBufferPointer, now: Timestamp, _ body: (EntryView) -> Result
    ) -> Result? {
        guard let visit = visit(key, now: now) else { return nil }
        defer { leave(visit) }
        return body(visit.view)
    }

    /// Begins what `leave` ends: a look at the entry of `key`.
    @usableFromInline package func visit(
        _ key: UnsafeRawBufferPointer, now: Timestamp
    ) -> EntryVisit? {
        let hash = hasher.hash(key)
        var garbage = Garbage()
        let visit = stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.visit(key, hash: hash, now: now, garbage: &garbage)
        }
        garbage.discard(arena)
        return visit
    }

    /// Ends a look; the view is valid no more.
    @inlinable
    @inline(__always)
    package func leave(_ visit: EntryVisit) {
        if let seat = visit.seat {
            seat.pointee.store(0, ordering: .releasing)
        } else {
            letGo(of: visit.slot)
        }
    }

    @usableFromInline
    @inline(never)
    func letGo(of slot: Int) { arena.release(slot) }

    /// Reads the entry of `key` without counting and without using it.
    public func peek(_ key: UnsafeRawBufferPointer, now: Timestamp) -> CacheEntry? {
        let hash = hasher.hash(key)
        return stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.peek(key, hash: hash, now: now).map { CacheEntry(keeping: $0, in: arena) }
        }
    }

    /// Lists keys for which `matches` holds, from a cursor on (nil: from the beginning).
    ///
    /// A key that is there during the whole walk is listed exactly once, however much the cache
    /// changes in between: the walk goes by stripe and hash, and neither ever changes for a key.
    /// A page has at most `limit` keys (more only if keys share all 64 bits of their hash), and
    /// may be short or empty before the end: a call looks at a bounded part of the table, under
    /// a lock for some microseconds at a time. `matches` runs under no lock.
    public func keys(
        after cursor: KeysCursor?, limit: Int, now: Timestamp,
        where matches: (UnsafeRawBufferPointer) -> Bool
    ) -> KeysPage {
        precondition(limit > 0, "a page has room for a key")
        var page = KeysPage(keys: [], next: nil)
        var cursor = cursor ?? KeysCursor(stripe: 0, hash: 0)
        var budget = Self.bucketsPerCall
        var found: [Int] = []
        while cursor.stripe < stripes.count {
            guard page.keys.count < limit, budget > 0 else {
                page.next = cursor
                return page
            }
            budget -= Self.bucketsPerTurn
            found.removeAll(keepingCapacity: true)
            let next = stripes.withLock(Int(cursor.stripe)) { stripe in
                stripe.collect(
                    from: cursor.hash, width: Self.bucketsPerTurn, now: now, into: &found)
            }
            defer { for slot in found { arena.release(slot) } }
            let stop = page.fill(from: hashed(found, from: cursor.hash), limit: limit) {
                matches($0)
            }
            if let stop {
                page.next = KeysCursor(stripe: cursor.stripe, hash: stop)
                return page
            }
            let (stripe, hash) = next.map { (cursor.stripe, $0) } ?? (cursor.stripe + 1, 0)
            cursor = KeysCursor(stripe: stripe, hash: hash)
        }
        return page
    }

    /// The keys of slots, in the order of their hashes, from `start` on.
    private func hashed(
        _ slots: [Int], from start: UInt64
    ) -> [(hash: UInt64, key: UnsafeRawBufferPointer)] {
        slots.map { slot in
            let key = arena.slots.entry(slot).key
            return (hasher.hash(key), key)
        }
        .filter { $0.hash >= start }.sorted { $0.hash < $1.hash }
    }
}

extension KeysPage {
    /// Adds the matching keys, which come in the order of their hashes; answers the hash to go
    /// on with when the page is full before the end.
    fileprivate mutating func fill(
        from found: [(hash: UInt64, key: UnsafeRawBufferPointer)], limit: Int,
        where matches: (UnsafeRawBufferPointer) -> Bool
    ) -> UInt64? {
        var last: UInt64?
        for (hash, key) in found {
            if keys.count >= limit && hash != last { return hash }
            last = hash
            if matches(key) { keys.append(Array(key)) }
        }
        return nil
    }
}
