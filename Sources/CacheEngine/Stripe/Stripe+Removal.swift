// Removals of one stripe; under its lock.

extension Stripe {
    mutating func delete(
        _ key: UnsafeRawBufferPointer, hash: UInt64, ifVersion: UInt64?, now: Timestamp,
        writer: UnsafeRawBufferPointer, garbage: inout Garbage
    ) -> DeleteOutcome {
        let slot = liveSlot(key, hash: hash, now: now, garbage: &garbage)
        guard let slot else {
            guard ifVersion == nil else { return .absent }
            // Whoever asks for no version wants the key gone: what is on its way to it, too, and
            // what others hold of an entry that was evicted here.
            flights.forget(key, hash: hash)
            let change = Change(kind: .delete, key: key, writer: writer, cause: Change.nothing)
            return .absent(version: commit(change))
        }
        let current = entry(slot).version
        if let ifVersion, ifVersion != current {
            return DeleteOutcome(
                existed: true, deleted: false, version: 0, currentVersion: current)
        }
        flights.forget(key, hash: hash)
        let version = commit(
            Change(kind: .delete, key: key, writer: writer, cause: Change.nothing))
        remove(slot, by: .deletion, garbage: &garbage)
        return DeleteOutcome(existed: true, deleted: true, version: version, currentVersion: 0)
    }

    /// Says of the key that it is invalid, whether it is here or not: others may hold it.
    mutating func invalidate(
        _ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp,
        writer: UnsafeRawBufferPointer, cause: UnsafeRawBufferPointer, garbage: inout Garbage
    ) -> Bool {
        let slot = liveSlot(key, hash: hash, now: now, garbage: &garbage)
        flights.forget(key, hash: hash)
        _ = commit(Change(kind: .invalidate, key: key, writer: writer, cause: cause))
        guard let slot else { return false }
        remove(slot, by: .invalidation, garbage: &garbage)
        return true
    }

    /// Removes the matching entries of about `width` buckets from the hash `start` on, silently;
    /// answers how many and where to go on.
    mutating func removeMatching(
        from start: UInt64, width: Int, now: Timestamp, where matches: (EntryView) -> Bool,
        garbage: inout Garbage
    ) -> (removed: Int, next: UInt64?) {
        var due: [Int] = []
        var matching: [Int] = []
        let next = table.scan(from: start, width: width) { slot in
            if entry(slot).isOver(at: now) {
                due.append(slot)
            } else if matches(entry(slot)) {
                matching.append(slot)
            }
        }
        for slot in due { expire(slot, garbage: &garbage) }
        for slot in matching { remove(slot, by: .invalidation, garbage: &garbage) }
        return (matching.count, next)
    }

    /// Changes the table for an empty one and leaves the old one to the caller; answers how many
    /// entries it has.
    mutating func clear(leaving table: inout EntryTable) -> Int {
        guests.keepAll(arena)
        swap(&self.table, &table)
        for policy in policies { policy.clear() }
        largest.removeAll()
        flights.forgetAll()
        for (index, namespace) in namespaces.namespaces.enumerated() {
            let entries = accounts[index].counters.entries
            namespace.budget.release(bytes: accounts[index].counters.bytes, entries: entries)
            accounts[index].counters.invalidations += UInt64(entries)
            accounts[index].counters.entries = 0
            accounts[index].counters.bytes = 0
        }
        return table.count
    }

    /// Removes what is due, looking at no more than `limit` deadlines, which it counts down.
    mutating func expireDue(
        _ now: Timestamp, limit: inout Int, garbage: inout Garbage
    ) -> Int {
        var removed = 0
        while let slot = table.nextDue(now, limit: &limit) {
            expire(slot, garbage: &garbage)
            removed += 1
        }
        return removed
    }
}
