// Owns the entries of one stripe: index and expiry; guarded by the stripe's lock.

/// Where the entries are, by key and by deadline. It knows no policy, budget or statistics.
struct EntryTable: ~Copyable {
    // First what a search reads.
    let slots: Slots
    private var index: HashIndex
    let arena: EntryArena

    init(arena: EntryArena) {
        self.arena = arena
        slots = arena.slots
        index = HashIndex(arena: arena)
    }

    deinit {
        var next: UInt64? = 0
        while let start = next {
            next = index.scan(from: start, width: 1_024) { arena.release($0) }
        }
    }

    var count: Int { index.count }

    /// An entry, its slot, and what it has: read once, for each reading of an atomic is one more.
    typealias Found = (slot: Int, entry: EntryView, parts: EntryParts)

    /// Mutating, as is what it calls, though they change nothing: the table is not copied then.
    @inline(__always)
    mutating func look(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Found? {
        // Most are found so; what else there may be would only be in the way here.
        let slot = index.near(hash)
        if slot == IndexBuckets.absent { return nil }
        if slot > IndexBuckets.unseen {
            let entry = slots.entry(slot)
            let parts = entry.parts
            if entry.holdsInside(key, parts) { return (slot, entry, parts) }
        }
        return search(key, hash: hash).map { ($0, slots.entry($0), slots.entry($0).parts) }
    }

    /// The slot of the entry of `key`.
    @inline(__always)
    mutating func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        look(key, hash: hash)?.slot
    }

    @inline(never)
    private mutating func search(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        let slot = index.find(hash) { slots.entry($0).holds(key) }
        return slot == 0 ? nil : slot
    }

    /// Takes an entry whose key is not there.
    mutating func insert(_ slot: Int, hash: UInt64, namespace: Int) {
        slots[slot].namespace = UInt16(namespace)
        index.insert(hash, slot: slot)
        schedule(slot, hash: hash)
    }

    /// Takes another entry of the same key; the old one is the caller's to keep or to let go.
    mutating func replace(_ old: Int, with slot: Int, hash: UInt64) {
        slots[slot].namespace = slots[old].namespace
        index.replace(hash, old, with: slot)
        schedule(slot, hash: hash)
    }

    /// Takes out an entry, which is the caller's to let go.
    mutating func remove(_ slot: Int) {
        index.remove(slots.hash(of: slot), slot: slot)
    }

    /// A slot whose entry is due at `now`; takes no more than `limit` steps, which it counts down.
    mutating func nextDue(_ now: Timestamp, limit: inout Int) -> Int? {
        let slots = self.slots
        return index.nextDue(now.storedMilliseconds, steps: &limit) {
            slots.entry($0).heldMilliseconds
        }
    }

    /// See ``HashIndex/scan``.
    func scan(from start: UInt64, width: Int, visit: (Int) -> Void) -> UInt64? {
        index.scan(from: start, width: width, visit: visit)
    }

    @inline(__always)
    private mutating func schedule(_ slot: Int, hash: UInt64) {
        let deadline = slots.entry(slot).heldMilliseconds
        if deadline != Timestamp.neverMilliseconds { index.schedule(hash, at: deadline) }
    }
}

extension EntryView {
    /// Whether it is the entry of `key`.
    @inline(__always)
    func holds(_ key: UnsafeRawBufferPointer) -> Bool {
        let parts = parts
        guard keyCount(parts) == key.count, let start = key.baseAddress else { return false }
        return Self.equal(body(parts), start, count: key.count)
    }

    /// Whether it is the entry of `key`, and that is not outside.
    @inline(__always)
    func holdsInside(_ key: UnsafeRawBufferPointer, _ parts: EntryParts) -> Bool {
        guard !parts.contains(.outside), keyCountInside == key.count,
            let start = key.baseAddress
        else { return false }
        return Self.equal(address + Self.headerBytes, start, count: key.count)
    }

    // Word by word: a call of memcmp would cost more than the comparison, and keys are short.
    @inline(__always)
    static func equal(
        _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int
    ) -> Bool {
        @inline(__always)
        func differs(_ offset: Int) -> Bool {
            left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        }
        guard count >= 8 else { return equalBytes(left, right, count: count) }
        // The last word overlaps the one before, where they do not fit.
        let last = count &- 8
        var offset = 0
        while offset < last {
            if differs(offset) { return false }
            offset &+= 8
        }
        return !differs(last)
    }

    @inline(never)
    private static func equalBytes(
        _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int
    ) -> Bool {
        for offset in 0..<count where left.loadByte(offset) != right.loadByte(offset) {
            return false
        }
        return true
    }
}

extension UnsafeRawPointer {
    @inline(__always)
    fileprivate func loadByte(_ offset: Int) -> UInt8 {
        load(fromByteOffset: offset, as: UInt8.self)
    }
}
