// Owns which timers are due when; guarded by the lock of whatever it belongs to.

/// A hierarchical timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels",
/// 1987), driven by the moments it is given, in milliseconds.
///
/// Seven wheels of 64 places: a place of the lowest is one millisecond, of the next 64, and so on
/// up to 139 years. A timer waits at the highest digit, to the base of 64, in which its deadline
/// differs from the moment the wheel has reached. When the wheel gets to a place above the
/// lowest, its timers go down one by one: no step handles more than one timer.
///
/// A timer is a number; the table has one for each run of neighbouring keys. Setting, cancelling
/// and finding one cost the same however many there are.
struct TimingWheel {
    static let digitBits = 6
    static let levels = 7
    private static let places = 1 << digitBits
    /// The furthest that the wheels reach; what is later is met here, and set anew.
    private static let lastTick: Int64 = 1 << (7 * 6) - 1

    private(set) var timers: TimerNodes
    /// The first timer of each place, made with the first timer.
    private var heads: UnsafeMutablePointer<Int32>?
    /// A bit for each place with a timer.
    private var taken: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
        (0, 0, 0, 0, 0, 0, 0)
    /// The moment that the wheel has reached.
    private(set) var reached: Int64 = 0
    private(set) var count = 0

    /// - Parameter timers: How many there may be, from 0 on.
    init(timers count: Int) { timers = TimerNodes(count: count) }

    /// Frees all; nothing may be called afterwards.
    func deallocate() {
        heads?.deallocate()
        timers.deallocate()
    }

    /// When a timer is to be met; nil: never.
    func deadline(_ timer: Int) -> Int64? { timers.deadline(timer) }

    /// Makes sure that `timer` is met no later than at `deadline`.
    @inline(__always)
    mutating func schedule(_ timer: Int, at deadline: Int64) {
        if let current = timers.deadline(timer) {
            if current <= deadline { return }
            unlink(timer)
        }
        link(timer, deadline)
    }

    /// Forgets a timer.
    mutating func cancel(_ timer: Int) {
        if timers.deadline(timer) != nil { unlink(timer) }
    }

    /// Frees what was kept for the timers before `timer`, which are not set.
    mutating func forget(before timer: Int) { timers.forget(before: timer) }

    /// A timer that is due at `now`, which stays set; nil when there is none, or when so many
    /// steps were not enough to find it. Steps are counted down.
    mutating func firstDue(_ now: Int64, steps: inout Int) -> Int? {
        guard count > 0, let heads else {
            reached = now
            return nil
        }
        while steps > 0, let (place, start) = nextPlace() {
            guard start <= now else { break }
            reached = max(reached, start)
            let timer = Int(heads[place])
            if place < Self.places { return timer }
            steps -= 1
            guard let deadline = timers.deadline(timer) else { break }
            unlink(timer)
            link(timer, deadline)
        }
        if let next = nextPlace()?.start { reached = max(reached, min(now, next)) }
        return nil
    }

    /// The place with a timer that begins first, of two the higher one, which may have timers
    /// that belong to the other; nil: there is none. The wheel never goes past its beginning.
    private func nextPlace() -> (place: Int, start: Int64)? {
        withUnsafeBytes(of: taken) { raw in
            let taken = raw.bindMemory(to: UInt64.self)
            var first: (place: Int, start: Int64)?
            for level in 0..<Self.levels where taken[level] != 0 {
                let place = level * Self.places + taken[level].trailingZeroBitCount
                let start = start(of: place)
                if start <= first?.start ?? .max { first = (place, start) }
            }
            return first
        }
    }

    /// When a place begins. Places that the wheel has passed are empty.
    private func start(of place: Int) -> Int64 {
        let shift = Int64(place / Self.places * Self.digitBits)
        let above = reached & (-1 << (shift + Int64(Self.digitBits)))
        return above | Int64(place % Self.places) << shift
    }

    private mutating func link(_ timer: Int, _ deadline: Int64) {
        let tick = min(max(deadline, reached), Self.lastTick)
        let difference = tick ^ reached
        let level =
            difference == 0
            ? 0 : (Int64.bitWidth - 1 - difference.leadingZeroBitCount) / Self.digitBits
        let digit = Int(tick >> Int64(level * Self.digitBits)) & (Self.places - 1)
        let place = level * Self.places + digit
        let heads = self.heads ?? makeHeads()
        let first = heads[place]
        timers.set(timer, deadline: deadline, place: place, next: first)
        if first != TimerNodes.none { timers.setPrevious(of: Int(first), to: timer) }
        heads[place] = Int32(truncatingIfNeeded: timer)
        mark(level) { $0 |= 1 << UInt64(digit) }
        count += 1
    }

    private mutating func unlink(_ timer: Int) {
        guard let heads else { return }
        let node = timers.clear(timer)
        if node.next != TimerNodes.none {
            timers.setPrevious(of: Int(node.next), to: Int(node.previous))
        }
        if node.previous != TimerNodes.none {
            timers.setNext(of: Int(node.previous), to: Int(node.next))
        } else {
            heads[node.place] = node.next
            if node.next == TimerNodes.none {
                let digit = UInt64(node.place % Self.places)
                mark(node.place / Self.places) { $0 &= ~(1 << digit) }
            }
        }
        count -= 1
    }

    private mutating func mark(_ level: Int, _ body: (inout UInt64) -> Void) {
        withUnsafeMutableBytes(of: &taken) { body(&$0.bindMemory(to: UInt64.self)[level]) }
    }

    private mutating func makeHeads() -> UnsafeMutablePointer<Int32> {
        let heads = UnsafeMutablePointer<Int32>.allocate(capacity: Self.levels * Self.places)
        heads.initialize(repeating: TimerNodes.none, count: Self.levels * Self.places)
        self.heads = heads
        return heads
    }
}
