// Reads; any thread.

extension CacheEngine {
    /// The most buckets one turn under a lock looks at, and one call of `keys` in all.
    private static let bucketsPerTurn = 512
    private static let bucketsPerCall = 65_536

    /// Reads the entry of `key`. Counted as a hit or a miss; a hit is a use.
    ///
    /// An entry whose time is up is removed, committed as an expiry, and is a miss. A hit takes
    /// one lock and allocates nothing.
    package func get(_ key: UnsafeRawBufferPointer, now: Timestamp) -> CacheEntry? {
        let hash = hasher.hash(key)
        var garbage = Garbage()
        let entry = stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.get(key, hash: hash, now: now, garbage: &garbage)
        }
        garbage.discard()
        return entry
    }

    /// Reads the entry of `key` without counting and without using it.
    package func peek(_ key: UnsafeRawBufferPointer, now: Timestamp) -> CacheEntry? {
        let hash = hasher.hash(key)
        return stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.peek(key, hash: hash, now: now)
        }
    }

    /// Lists keys for which `matches` holds, from a cursor on (nil: from the beginning).
    ///
    /// A key that is there during the whole walk is listed exactly once, however much the cache
    /// changes in between: the walk goes by stripe and hash, and neither ever changes for a key.
    /// A page has at most `limit` keys (more only if keys share all 64 bits of their hash), and
    /// may be short or empty before the end: a call looks at a bounded part of the table, under
    /// a lock for some microseconds at a time. `matches` runs under no lock.
    package func keys(
        after cursor: KeysCursor?, limit: Int, now: Timestamp,
        where matches: (UnsafeRawBufferPointer) -> Bool
    ) -> KeysPage {
        precondition(limit > 0, "a page has room for a key")
        var page = KeysPage(keys: [], next: nil)
        var cursor = cursor ?? KeysCursor(stripe: 0, hash: 0)
        var budget = Self.bucketsPerCall
        var found: [(UInt64, CacheEntry)] = []
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
            found.sort { $0.0 < $1.0 }
            if let stop = page.fill(from: found, limit: limit, where: matches) {
                page.next = KeysCursor(stripe: cursor.stripe, hash: stop)
                return page
            }
            let (stripe, hash) = next.map { (cursor.stripe, $0) } ?? (cursor.stripe + 1, 0)
            cursor = KeysCursor(stripe: stripe, hash: hash)
        }
        return page
    }
}

extension KeysPage {
    /// Adds the matching keys, which come in the order of their hashes; answers the hash to go
    /// on with when the page is full before the end.
    fileprivate mutating func fill(
        from found: [(UInt64, CacheEntry)], limit: Int,
        where matches: (UnsafeRawBufferPointer) -> Bool
    ) -> UInt64? {
        var last: UInt64?
        for (hash, entry) in found {
            if keys.count >= limit && hash != last { return hash }
            last = hash
            withExtendedLifetime(entry) {
                if matches(entry.key) { keys.append(Array(entry.key)) }
            }
        }
        return nil
    }
}
