// Reads of one stripe; under its lock.

public import Synchronization

/// A reader at the entry of a slot: on a seat, or keeping it where there is none.
@usableFromInline
package struct EntryVisit: @unchecked Sendable {  // holds: a seat is an atomic of the engine
    /// The entry, until the reader leaves.
    @usableFromInline package let view: EntryView
    @usableFromInline let slot: Int
    @usableFromInline let seat: UnsafeMutablePointer<Atomic<UInt32>>?
}

extension Stripe {
    /// The entry of `key` and its slot, counted as a hit and a use; else a miss.
    @inline(__always)
    mutating func hit(
        _ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp, garbage: inout Garbage
    ) -> EntryTable.Found? {
        if let (slot, entry, parts) = table.look(key, hash: hash) {
            let isPlain = parts.isDisjoint(with: [.expiry, .shared])
            if isPlain || isServed(slot, hash: hash, now: now) {
                let (namespace, mark) = (Int(entry.head.pointee.namespace), entry.head.pointee.mark)
                guests.hits.add(namespace, to: accounts)
                if accounts[namespace].isNews(mark) {
                    use(slot, hash: hash, of: accounts[namespace].segment)
                }
                return (slot, entry, parts)
            }
            passOver(slot, now: now, garbage: &garbage)
        }
        accounts[namespaces.index(of: key)].counters.misses += 1
        return nil
    }

    @inline(never)
    private mutating func use(_ slot: Int, hash: UInt64, of segment: Int) {
        policies[segment].used(slot, hash: hash, in: table.slots)
    }

    /// Whether an entry that is not plain may be served; counts the use, where somebody asks.
    @inline(__always)
    private mutating func isServed(_ slot: Int, hash: UInt64, now: Timestamp) -> Bool {
        let entry = entry(slot)
        guard !entry.isOver(at: now), Self.isCurrent(entry, in: coherence) else { return false }
        if uses != nil { countUse(of: slot, hash: hash) }
        return true
    }

    @inline(never)
    private static func isCurrent(_ entry: EntryView, in coherence: CoherenceTable) -> Bool {
        entry.isCurrent(in: coherence)
    }

    /// A hit whose reader does not keep the entry, unless it is large or there is no seat.
    @inline(__always)
    mutating func visit(
        _ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp, garbage: inout Garbage
    ) -> EntryVisit? {
        guard let (slot, entry, parts) = hit(key, hash: hash, now: now, garbage: &garbage) else {
            return nil
        }
        if !parts.contains(.outside), let seat = guests.sit(slot) {
            return EntryVisit(view: entry, slot: slot, seat: seat)
        }
        entry.retain()
        return EntryVisit(view: entry, slot: slot, seat: nil)
    }

    /// Removes an entry that may not be served, unless it only may not be served now.
    @inline(never)
    private mutating func passOver(_ slot: Int, now: Timestamp, garbage: inout Garbage) {
        if entry(slot).isOver(at: now) {
            expire(slot, garbage: &garbage)
        } else if entry(slot).standing(in: coherence) == .past {
            remove(slot, by: .invalidation, garbage: &garbage)
        }
    }

    /// The slot of an entry that may be served, and no trace of having looked.
    mutating func peek(_ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp) -> Int? {
        guard let slot = table.find(key, hash: hash), !entry(slot).isOver(at: now),
            entry(slot).isCurrent(in: coherence)
        else { return nil }
        return slot
    }

    /// The slots of the largest entries, as far as they are kept in mind.
    func largestEntries(now: Timestamp) -> [Int] {
        largest.slots.filter { slot in
            !entry(slot).isOver(at: now) && entry(slot).isCurrent(in: coherence)
        }
    }

    /// Adds the slots of the hashes from `start` on, and maybe of some before, `width` buckets'
    /// worth of them, which the caller then keeps; answers the hash to go on with, nil at the end.
    func collect(
        from start: UInt64, width: Int, now: Timestamp, into found: inout [Int]
    ) -> UInt64? {
        table.scan(from: start, width: width) { slot in
            guard !entry(slot).isOver(at: now) else { return }
            entry(slot).retain()
            found.append(slot)
        }
    }
}

extension EntryView {
    /// Whether the entry is not shared, or its partition still has its word.
    @inline(__always)
    func isCurrent(in table: CoherenceTable) -> Bool {
        guard let coherence else { return true }
        return table.holds(coherence)
    }

    func standing(in table: CoherenceTable) -> CoherenceTable.Standing {
        coherence.map { table.standing(of: $0) } ?? .current
    }
}
