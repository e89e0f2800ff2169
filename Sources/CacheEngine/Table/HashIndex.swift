// Owns the map from hashes to slots of one stripe; guarded by the stripe's lock.

/// Linear probing over 8-byte buckets: the upper 32 bits of the hash, and a slot.
///
/// A bucket's home is the *top* of the hash, so the table lies in the order of the hashes but for
/// the length of a probe. That is what lets a walk over the keys stop anywhere and go on after
/// the table has grown: see ``scan``. Removal shifts the run back: there are no tombstones.
struct HashIndex: ~Copyable {
    /// A bucket that is empty. Taken ones hold slot + 1 in their lower half.
    private static let empty: UInt64 = 0
    private static let smallestBits = 3
    /// 2³⁰ buckets: 8 GiB of them, far beyond what a stripe holds.
    private static let largestBits = 30

    // Holds: allocated and freed here, never handed out.
    private var buckets: UnsafeMutablePointer<UInt64>
    private var bits: Int
    private(set) var count = 0

    init() {
        bits = Self.smallestBits
        buckets = Self.allocate(bits: bits)
    }

    deinit {
        buckets.deallocate()
    }

    private var capacity: Int { 1 &<< bits }
    private var mask: Int { capacity &- 1 }

    /// The first slot for `hash` that `matches` confirms.
    @inline(__always)
    func find(_ hash: UInt64, where matches: (Int) -> Bool) -> Int? {
        let tag = hash &>> 32
        let mask = self.mask
        var bucket = home(tag)
        while true {
            let content = buckets[bucket]
            if content == Self.empty { return nil }
            if content &>> 32 == tag {
                let slot = Self.slot(content)
                if matches(slot) { return slot }
            }
            bucket = (bucket &+ 1) & mask
        }
    }

    mutating func insert(_ hash: UInt64, slot: Int) {
        if (count + 1) * 4 > capacity * 3 { grow() }
        place(Self.content(hash, slot))
        count += 1
    }

    /// Removes what `insert` put there; it must be there.
    mutating func remove(_ hash: UInt64, slot: Int) {
        let content = Self.content(hash, slot)
        var hole = home(hash >> 32)
        while buckets[hole] != content {
            precondition(buckets[hole] != Self.empty, "the slot is not in the index")
            hole = (hole + 1) & mask
        }
        var bucket = hole
        while true {
            bucket = (bucket + 1) & mask
            let moved = buckets[bucket]
            if moved == Self.empty { break }
            // It may fill the hole unless that lies before its home.
            if (bucket - home(moved >> 32)) & mask >= (bucket - hole) & mask {
                buckets[hole] = moved
                hole = bucket
            }
        }
        buckets[hole] = Self.empty
        count -= 1
    }

    /// Visits the slots of the hashes from `start` on, as far as `width` buckets go; answers
    /// where to go on, nil at the end of the hashes. The visit may show slots before `start`:
    /// the caller knows the whole hash. Costs `width` buckets and the run after them.
    func scan(from start: UInt64, width: Int, visit: (Int) -> Void) -> UInt64? {
        let first = home(start >> 32)
        let end = min(first + width, capacity)
        var bucket = first
        var seen = 0
        while seen < capacity {
            let content = buckets[bucket & mask]
            if content == Self.empty {
                if bucket >= end { break }
            } else {
                let itsHome = home(content >> 32)
                if itsHome >= first && itsHome < end { visit(Self.slot(content)) }
            }
            bucket += 1
            seen += 1
        }
        return end == capacity ? nil : UInt64(end) << UInt64(64 - bits)
    }

    @inline(__always)
    private func home(_ tag: UInt64) -> Int {
        Int(truncatingIfNeeded: tag &>> UInt64(32 - bits))
    }

    @inline(__always)
    private static func slot(_ content: UInt64) -> Int {
        Int(UInt32(truncatingIfNeeded: content)) &- 1
    }

    private static func content(_ hash: UInt64, _ slot: Int) -> UInt64 {
        hash & ~UInt64(UInt32.max) | UInt64(slot + 1)
    }

    private func place(_ content: UInt64) {
        var bucket = home(content >> 32)
        while buckets[bucket] != Self.empty { bucket = (bucket + 1) & mask }
        buckets[bucket] = content
    }

    private mutating func grow() {
        precondition(bits < Self.largestBits, "a stripe is full")
        let old = buckets
        let oldCapacity = capacity
        bits += 1
        buckets = Self.allocate(bits: bits)
        for bucket in 0..<oldCapacity where old[bucket] != Self.empty { place(old[bucket]) }
        old.deallocate()
    }

    private static func allocate(bits: Int) -> UnsafeMutablePointer<UInt64> {
        let buckets = UnsafeMutablePointer<UInt64>.allocate(capacity: 1 << bits)
        buckets.initialize(repeating: empty, count: 1 << bits)
        return buckets
    }
}
