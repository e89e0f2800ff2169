// Reads of one stripe; under its lock.

extension Stripe {
    /// The entry, counted as a hit and a use; else a miss.
    @inline(__always)
    mutating func get(
        _ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp, garbage: inout Garbage
    ) -> CacheEntry? {
        if let slot = table.find(key, hash: hash) {
            if table.slots[slot].expiresAt > now, table.slots[slot].isCurrent(in: coherence) {
                counters[Int(table.slots[slot].namespace)].hits += 1
                policies[Int(table.slots[slot].segment)].used(slot, in: table.slots)
                return table.slots[slot].entry
            }
            passOver(slot, now: now, garbage: &garbage)
        }
        counters[namespaces.index(of: key)].misses += 1
        return nil
    }

    /// Removes an entry that may not be served, unless it only may not be served now.
    private mutating func passOver(_ slot: Int, now: Timestamp, garbage: inout Garbage) {
        if table.slots[slot].expiresAt <= now {
            expire(slot, garbage: &garbage)
        } else if table.slots[slot].standing(in: coherence) == .past {
            remove(slot, by: .invalidation, garbage: &garbage)
        }
    }

    /// The entry, and no trace of having looked.
    func peek(_ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp) -> CacheEntry? {
        guard let slot = table.find(key, hash: hash), table.slots[slot].expiresAt > now,
            table.slots[slot].isCurrent(in: coherence)
        else { return nil }
        return table.slots[slot].entry
    }

    /// Adds the entries whose hash is `start` or more, `width` buckets' worth of them; answers
    /// the hash to go on with, nil at the end.
    func collect(
        from start: UInt64, width: Int, now: Timestamp, into found: inout [(UInt64, CacheEntry)]
    ) -> UInt64? {
        table.scan(from: start, width: width) { slot in
            let content = table.slots[slot]
            guard content.hash >= start, content.expiresAt > now else { return }
            if let entry = content.entry { found.append((content.hash, entry)) }
        }
    }

    /// Adds the stripe's counters to those of the same name.
    func addCounters(to sums: inout [[UInt8]: Counters]) {
        for (namespace, counters) in zip(namespaces.namespaces, counters) {
            sums[namespace.name, default: Counters()].add(counters)
        }
    }
}
