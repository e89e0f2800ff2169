// Owns who reads an entry of one stripe without keeping it. Seats are taken under the stripe's
// lock and left without it.

import Synchronization

/// A few seats for readers: to sit costs a store, where to keep an entry costs two atomic
/// additions to memory that all its readers share.
///
/// A reader that sits holds the number of its slot up, and puts a 0 there when it leaves. Whoever
/// removes that entry finds it under the same lock, and puts it aside (``Guests/letGo``) until the
/// seat is free. At most `seats` entries are aside: each of them has its reader.
struct Guests: @unchecked Sendable {  // holds: see above
    static let seats = 8
    private static let seatsBytes = seats * MemoryLayout<Atomic<UInt32>>.stride
    static let byteCount = seatsBytes + RecentHits.byteCount

    typealias Seat = UnsafeMutablePointer<Atomic<UInt32>>

    // Holds: it is the stripe's, and lies beside its lock: to sit down then waits for no memory.
    private let row: Seat
    /// Entries that left while somebody read them.
    private var aside: [Int] = []

    /// Makes the seats, and counts no hits, in ``byteCount`` bytes that the caller owns.
    init(in memory: UnsafeMutableRawPointer) {
        row = memory.bindMemory(to: Atomic<UInt32>.self, capacity: Self.seats)
        for seat in 0..<Self.seats { (row + seat).initialize(to: Atomic(0)) }
        hits.forget()
    }

    /// The hits of the guests, behind their seats.
    @inline(__always)
    var hits: RecentHits { RecentHits(in: UnsafeMutableRawPointer(row) + Self.seatsBytes) }

    /// A seat before the entry of `slot`; nil: all are taken.
    @inline(__always)
    func sit(_ slot: Int) -> Seat? {
        for number in 0..<Self.seats where row[number].load(ordering: .acquiring) == 0 {
            row[number].store(UInt32(truncatingIfNeeded: slot), ordering: .relaxed)
            return row + number
        }
        return nil
    }

    /// Takes an entry that left the table: it is garbage as soon as nobody reads it. What was
    /// aside and is read no more is garbage, too.
    @inline(__always)
    mutating func letGo(_ slot: Int, into garbage: inout Garbage) {
        if isRead(slot) { aside.append(slot) } else { garbage.add(slot) }
        if !aside.isEmpty { clearAside(into: &garbage) }
    }

    /// Every entry that is read now, with a reference for each, to be put aside: before a whole
    /// table goes.
    mutating func keepAll(_ arena: EntryArena) {
        for number in 0..<Self.seats {
            let slot = Int(row[number].load(ordering: .acquiring))
            if slot == 0 || aside.contains(slot) { continue }
            arena.retain(slot)
            aside.append(slot)
        }
    }

    @inline(__always)
    private func isRead(_ slot: Int) -> Bool {
        for number in 0..<Self.seats
        where Int(row[number].load(ordering: .acquiring)) == slot { return true }
        return false
    }

    private mutating func clearAside(into garbage: inout Garbage) {
        var kept: [Int] = []
        for slot in aside {
            if isRead(slot) { kept.append(slot) } else { garbage.add(slot) }
        }
        aside = kept
    }
}
