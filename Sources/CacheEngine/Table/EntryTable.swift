// Owns the entries of one stripe: slots, index and expiry; guarded by the stripe's lock.

/// Where the entries are, by key and by deadline. It knows no policy, budget or statistics.
struct EntryTable: ~Copyable {
    private static let smallestCapacity = 8

    // Holds: allocated and freed here; policies borrow the pointer under the same lock.
    private(set) var slots: UnsafeMutablePointer<Slot>
    private var capacity: Int
    /// Slots from here on were never used.
    private(set) var highWater = 0
    private var firstFree = Slot.noSlot
    private var index = HashIndex()
    private(set) var deadlines = ExpiryHeap()

    init() {
        capacity = Self.smallestCapacity
        slots = .allocate(capacity: capacity)
    }

    deinit {
        for slot in 0..<highWater { slots[slot].storage?.release() }
        slots.deallocate()
    }

    var count: Int { index.count }

    @inline(__always)
    func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        index.find(hash) { slots[$0].holds(key, hash: hash) }
    }

    /// Puts an entry whose key is not there into a slot of its own.
    mutating func insert(_ entry: CacheEntry, hash: UInt64, namespace: Int, segment: Int) -> Int {
        let slot = takeFreeSlot()
        slots[slot] = Slot(
            storage: .passRetained(entry.storage), hash: hash, previous: Slot.noSlot,
            next: Slot.noSlot, deadline: Slot.noSlot, namespace: UInt16(namespace),
            segment: UInt16(segment))
        index.insert(hash, slot: slot)
        deadlines.schedule(slot, at: entry.expiresAt, in: slots)
        return slot
    }

    /// Puts another entry of the same key into the slot; answers the old one.
    mutating func replace(_ slot: Int, with entry: CacheEntry) -> CacheEntry {
        let old = takeEntry(slot)
        slots[slot].storage = .passRetained(entry.storage)
        deadlines.schedule(slot, at: entry.expiresAt, in: slots)
        return old
    }

    /// Empties the slot; answers its entry.
    mutating func remove(_ slot: Int) -> CacheEntry {
        index.remove(slots[slot].hash, slot: slot)
        deadlines.cancel(slot, in: slots)
        let old = takeEntry(slot)
        slots[slot].next = firstFree
        firstFree = Int32(truncatingIfNeeded: slot)
        return old
    }

    /// A slot whose entry is due at `now`, looking at no more than `limit` deadlines, which it
    /// counts down.
    mutating func nextDue(_ now: Timestamp, limit: inout Int) -> Int? {
        while limit > 0, let first = deadlines.first, first.deadline <= now {
            limit -= 1
            let expiresAt = slots[first.slot].expiresAt
            if expiresAt <= now { return first.slot }
            deadlines.postponeFirst(to: expiresAt, in: slots)
        }
        return nil
    }

    /// See ``HashIndex/scan``.
    func scan(from start: UInt64, width: Int, visit: (Int) -> Void) -> UInt64? {
        index.scan(from: start, width: width, visit: visit)
    }

    private mutating func takeEntry(_ slot: Int) -> CacheEntry {
        guard let storage = slots[slot].storage else { preconditionFailure("the slot is free") }
        slots[slot].storage = nil
        return CacheEntry(storage.takeRetainedValue())
    }

    private mutating func takeFreeSlot() -> Int {
        if firstFree != Slot.noSlot {
            let slot = Int(firstFree)
            firstFree = slots[slot].next
            return slot
        }
        if highWater == capacity { grow() }
        highWater += 1
        return highWater - 1
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Slot>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: slots, count: highWater)
        slots.deallocate()
        slots = larger
        capacity *= 2
    }
}
