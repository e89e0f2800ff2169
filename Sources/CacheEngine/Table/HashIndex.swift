// Owns the map from hashes to slots of one stripe, and when they are due; guarded by the
// stripe's lock.

/// A sorted table that grows and shrinks bit by bit.
///
/// When it is too full or too empty a second table is made, and each change moves some buckets
/// of the first into it, in the order of the hashes: what is before the frontier is in the new
/// table, the rest in the old one. The frontier stops behind an empty bucket only, so no run of
/// the old table crosses it. Both are sorted: a walk by hash goes on as if nothing had happened.
///
/// What a removal of many leaves may be crowded in a part of the hashes: such a walk goes by hash.
/// In a smaller table those would be one long run, so it shrinks when they are spread, or few.
struct HashIndex: ~Copyable {
    private static let smallestCapacity = 16
    /// 2²⁸ homes: far beyond what a stripe holds.
    private static let largestCapacity = 1 << 28
    /// The least buckets that a change moves.
    static let bucketsPerChange = 64

    // Holds: allocated and freed here, never handed out. What a search reads comes first.
    /// The table that is being left. By reference, so that a search asks for a pointer only.
    private var old: OldBuckets?
    private var current: IndexBuckets
    private let arena: EntryArena
    private(set) var count = 0
    /// Tables of so few homes move at once.
    static let movedAtOnce = 64
    /// So few entries may be crowded.
    private static let fewEntries = 64
    /// How many places are looked at to see whether entries are crowded.
    private static let crowdSamples = 1_024
    /// How many changes to wait before looking again.
    private var changesUntilLook = 0
    /// How many buckets the last change moved; for tests.
    private(set) var movedByLastChange = 0

    init(arena: EntryArena) {
        self.arena = arena
        current = IndexBuckets(capacity: Self.smallestCapacity, arena: arena)
    }

    deinit {
        current.deallocate()
        old?.buckets.deallocate()
    }

    /// A table that is being left, and the first position that has not been.
    private final class OldBuckets {
        var buckets: IndexBuckets
        var frontier = 0

        init(_ buckets: IndexBuckets) { self.buckets = buckets }

        @inline(__always)
        func has(_ tag: UInt64) -> Bool { buckets.home(tag) >= frontier }
    }

    /// Whether entries are on their way to another table.
    var isMigrating: Bool { old != nil }

    /// The first slot for `hash`, as far as one look tells; see ``IndexBuckets/near``.
    @inline(__always)
    func near(_ hash: UInt64) -> Int {
        old == nil ? current.near(hash &>> 32) : IndexBuckets.unseen
    }

    /// The first slot for `hash` that `matches` confirms; 0: there is none.
    @inline(__always)
    func find(_ hash: UInt64, where matches: (Int) -> Bool) -> Int {
        let tag = hash &>> 32
        if let old, old.has(tag) { return old.buckets.find(tag, where: matches) }
        return current.find(tag, where: matches)
    }

    mutating func insert(_ hash: UInt64, slot: Int) {
        changeTables()
        let tag = hash >> 32
        if let old, old.has(tag) {
            old.buckets.insert(tag, slot: slot)
        } else {
            current.insert(tag, slot: slot)
        }
        count += 1
    }

    /// Puts another slot of the same hash in the place of one.
    mutating func replace(_ hash: UInt64, _ slot: Int, with other: Int) {
        let tag = hash >> 32
        if let old, old.has(tag) {
            old.buckets.replace(tag, slot, with: other)
        } else {
            current.replace(tag, slot, with: other)
        }
    }

    /// Removes what `insert` put there; it must be there.
    mutating func remove(_ hash: UInt64, slot: Int) {
        let tag = hash >> 32
        if let old, old.has(tag) {
            old.buckets.remove(tag, slot: slot)
        } else {
            current.remove(tag, slot: slot)
        }
        count -= 1
        changeTables()
    }

    /// Visits the slots of the hashes from `start` on, about `width` buckets' worth of them;
    /// answers where to go on, nil at the end of the hashes. The visit may show slots before
    /// `start`, of hashes that have their upper half in common with it.
    func scan(from start: UInt64, width: Int, visit: (Int) -> Void) -> UInt64? {
        let leaving = old.flatMap { $0.has(start >> 32) ? $0 : nil }
        let table = leaving?.buckets ?? current
        let first = table.home(start >> 32)
        let end = min(first + width, table.capacity)
        table.visit(first..<end) { _, slot in
            visit(slot)
            return true
        }
        let next = end == table.capacity ? nil : Self.firstTag(table, home: end)
        // The new table ends where the old one's frontier is.
        if leaving == nil, let old, old.frontier < old.buckets.capacity {
            return min(next ?? .max, Self.firstTag(old.buckets, home: old.frontier)) << 32
        }
        return next.map { $0 << 32 }
    }

    /// Makes sure that the slots around `hash` are looked at no later than at `deadline`, in
    /// milliseconds.
    @inline(__always)
    mutating func schedule(_ hash: UInt64, at deadline: Int64) {
        let tag = hash >> 32
        if let old, old.has(tag) {
            let timer = old.buckets.home(tag) / IndexBuckets.homesPerTimer
            old.buckets.wheel.schedule(timer, at: deadline)
        } else {
            let timer = current.home(tag) / IndexBuckets.homesPerTimer
            current.wheel.schedule(timer, at: deadline)
        }
    }

    /// A slot that is due at `now`. Each step looks at the slots of one timer, or moves one; so
    /// many are done at most, and counted down.
    ///
    /// - Parameter deadline: When a slot expires, in milliseconds.
    mutating func nextDue(_ now: Int64, steps: inout Int, deadline: (Int) -> Int64) -> Int? {
        if let slot = Self.nextDue(&current, 0, now, steps: &steps, deadline) { return slot }
        guard let old else { return nil }
        return Self.nextDue(&old.buckets, old.frontier, now, steps: &steps, deadline)
    }

    private static func nextDue(
        _ table: inout IndexBuckets, _ frontier: Int, _ now: Int64, steps: inout Int,
        _ deadline: (Int) -> Int64
    ) -> Int? {
        while steps > 0, let timer = table.wheel.firstDue(now, steps: &steps) {
            guard steps > 0 else { return nil }
            steps -= 1
            var next = Timestamp.neverMilliseconds
            var due: Int?
            let start = timer * IndexBuckets.homesPerTimer
            let homes = max(start, frontier)..<max(start + IndexBuckets.homesPerTimer, frontier)
            table.visit(homes) { _, slot in
                let its = deadline(slot)
                if its <= now { due = slot } else { next = min(next, its) }
                return due == nil
            }
            if let due { return due }
            table.wheel.cancel(timer)
            if next != Timestamp.neverMilliseconds { table.wheel.schedule(timer, at: next) }
        }
        return nil
    }

    /// The least upper half of a hash whose home is `home`.
    private static func firstTag(_ table: IndexBuckets, home: Int) -> UInt64 {
        (UInt64(home) << 32 + UInt64(table.capacity) - 1) / UInt64(table.capacity)
    }
}

extension HashIndex {
    /// Goes on with a migration; begins one where the table is too full or too empty.
    private mutating func changeTables() {
        movedByLastChange = 0
        if old != nil { return migrate() }
        let capacity = current.capacity
        if (count + 1) * 8 > capacity * 7 {
            precondition(capacity < Self.largestCapacity, "a stripe is full")
            begin(capacity: capacity + capacity / 8)
        } else if count * 4 < capacity, capacity > 4 * Self.smallestCapacity, maySettle() {
            // Not smaller than what may come while the old table is being left.
            begin(capacity: max(2 * count, capacity / 8))
        }
    }

    /// Whether a smaller table would have no long runs.
    private mutating func maySettle() -> Bool {
        if count <= Self.fewEntries { return true }
        changesUntilLook -= 1
        if changesUntilLook > 0 { return false }
        let homes = IndexBuckets.homesPerTimer
        let stride = max(homes, current.capacity / Self.crowdSamples)
        for start in Swift.stride(from: 0, to: current.capacity - homes, by: stride) {
            var taken = 0
            for position in start..<start + homes where current[position] != IndexBuckets.empty {
                taken += 1
            }
            // In the mean there is less than one in four.
            if taken * 4 > homes * 3 {
                changesUntilLook = current.capacity / 16
                return false
            }
        }
        return true
    }

    private mutating func begin(capacity: Int) {
        old = OldBuckets(current)
        let rounded = (capacity + IndexBuckets.homesPerTimer - 1) / IndexBuckets.homesPerTimer
        current = IndexBuckets(
            capacity: rounded * IndexBuckets.homesPerTimer, arena: arena)
        migrate()
        // A small table moves at once.
        while let old, old.buckets.capacity <= Self.movedAtOnce { migrate() }
    }

    private mutating func migrate() {
        guard let old else { return }
        let end = old.buckets.positions
        var passed = 0
        while old.frontier < end {
            let content = old.buckets[old.frontier]
            if content == IndexBuckets.empty {
                if passed >= Self.bucketsPerChange { break }
            } else {
                move(content, from: old.buckets)
                movedByLastChange += 1
            }
            passed += 1
            old.frontier += 1
            old.buckets.forget(before: old.frontier)
        }
        if old.frontier < end {
            old.buckets.forgetTimers(before: old.frontier)
        } else {
            old.buckets.deallocate()
            self.old = nil
        }
    }

    private mutating func move(_ content: UInt64, from old: IndexBuckets) {
        let tag = content >> 32
        current.insert(tag, slot: IndexBuckets.slot(content))
        let home = old.home(tag)
        guard let deadline = old.wheel.deadline(home / IndexBuckets.homesPerTimer) else { return }
        let timer = current.home(tag) / IndexBuckets.homesPerTimer
        current.wheel.schedule(timer, at: deadline)
    }
}
