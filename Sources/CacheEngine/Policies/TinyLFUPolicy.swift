// Owns the order of one segment in one stripe as W-TinyLFU has it; belongs to that stripe's lock.

import Locks

/// W-TinyLFU (Einziger, Friedman and Manes 2017): new entries pass a *window*, in the order of
/// their last use. What leaves it stays only if it was used more often lately than the next to go
/// of the rest, which is a segmented LRU: *probation*, and *protected* for what was used there.
///
/// How large the window is, ``WindowTrial`` finds out. It grows by entries that are used in the
/// rest, and shrinks by two entries for each that is evicted: a change costs nothing at once.
/// The mark has the queue in its lowest two bits, and above them the lowest six of the epoch in
/// which the entry came to its place. A use in that same epoch changes nothing.
struct TinyLFUPolicy: ~Copyable {
    enum Queue: UInt8 {
        case window, probation, protected
    }

    private static let stampMask: UInt64 = 63
    /// The most entries that one call moves from queue to queue besides its own.
    private static let maxMoves = 2

    private(set) var window = SlotQueue()
    private(set) var probation = SlotQueue()
    private(set) var protected = SlotQueue()
    private var windowBytes = 0
    private var protectedBytes = 0
    private var sketch = FrequencySketch()
    private(set) var member: DomainMember

    init(_ member: DomainMember) { self.member = member }

    mutating func inserted(_ slot: Int, hash: UInt64, in slots: Slots) {
        let bytes = slots.bytes(of: slot)
        member.added(bytes)
        sketch.reserve(entries: member.entries)
        touch(hash)
        push(slot, bytes, to: .window, in: slots)
        if !member.isSmall || !member.isFull { makeWindowFit(slots) }
        tell(slots)
    }

    @inline(__always)
    mutating func used(_ slot: Int, hash: UInt64, in slots: Slots) {
        if Self.isNews(slots[slot].mark, at: member.epoch) {
            advance(slot, hash: hash, in: slots)
        }
    }

    /// Whether a use changes anything at an entry with this mark.
    @inline(__always)
    static func isNews(_ mark: UInt8, at epoch: UInt64) -> Bool {
        mark &>> 2 != UInt8(truncatingIfNeeded: epoch & stampMask)
    }

    @inline(never)
    private mutating func advance(_ slot: Int, hash: UInt64, in slots: Slots) {
        touch(hash)
        let bytes = slots.bytes(of: slot)
        let queue = pull(slot, bytes, in: slots)
        if queue == .window || isWindowShort(of: bytes) {
            push(slot, bytes, to: .window, in: slots)
        } else {
            push(slot, bytes, to: .protected, in: slots)
            if !member.isSmall { demote(slots) }
        }
        tell(slots)
    }

    mutating func replaced(_ old: Int, by slot: Int, hash: UInt64, in slots: Slots) {
        let growth = slots.bytes(of: slot) - slots.bytes(of: old)
        let mark = slots[old].mark
        slots[slot].mark = mark
        switch Self.queue(mark) {
        case .window:
            window.replace(old, by: slot, in: slots)
            windowBytes += growth
        case .probation: probation.replace(old, by: slot, in: slots)
        case .protected:
            protected.replace(old, by: slot, in: slots)
            protectedBytes += growth
        }
        member.grew(by: growth)
        if member.forget(old) || growth != 0 { tell(slots) }
        used(slot, hash: hash, in: slots)
    }

    mutating func removed(_ slot: Int, in slots: Slots) {
        let bytes = slots.bytes(of: slot)
        _ = pull(slot, bytes, in: slots)
        member.removed(bytes)
        tell(slots)
    }

    /// The next to go of this stripe alone. An entry that wins its place leaves the window.
    mutating func victim(sparing spared: Int?, in slots: Slots) -> Victim? {
        demote(slots)
        let incumbent = incumbent(sparing: spared, in: slots)
        guard windowBytes > windowTarget, let candidate = window.oldest(sparing: spared, in: slots)
        else {
            let slot = incumbent ?? window.oldest(sparing: spared, in: slots)
            tell(slots)
            return slot.map { Victim(slot: $0, reason: .order) }
        }
        defer { tell(slots) }
        guard let incumbent else { return Victim(slot: candidate, reason: .order) }
        let frequency = frequency(of: candidate, in: slots)
        guard wins(frequency, over: incumbent, in: slots) else {
            return Victim(slot: candidate, reason: .notAdmitted)
        }
        move(candidate, to: .probation, in: slots)
        return Victim(slot: incumbent, reason: .outcompeted)
    }

    /// The next to go of what has passed the window.
    func incumbent(sparing spared: Int?, in slots: Slots) -> Int? {
        probation.oldest(sparing: spared, in: slots) ?? protected.oldest(sparing: spared, in: slots)
    }

    func frequency(of slot: Int, in slots: Slots) -> Int {
        sketch.frequency(slots.hash(of: slot), age: member.age)
    }

    func wins(_ frequency: Int, over incumbent: Int, in slots: Slots) -> Bool {
        FrequencySketch.admits(frequency, over: self.frequency(of: incumbent, in: slots))
    }

    /// Takes the oldest of the window into the rest, without a contest.
    mutating func admitOldest(in slots: Slots) {
        guard !window.isEmpty else { return }
        move(Int(window.tail), to: .probation, in: slots)
        tell(slots)
    }

    /// Takes the oldest of what is protected back to those that may go.
    mutating func demoteOldest(in slots: Slots) {
        guard !protected.isEmpty else { return }
        move(Int(protected.tail), to: .probation, in: slots)
        tell(slots)
    }

    func first(in slots: Slots) -> Int? {
        incumbent(sparing: nil, in: slots) ?? window.oldest(sparing: nil, in: slots)
    }

    /// Forgets the entries, and not how often their keys were used.
    mutating func clear() {
        window = SlotQueue()
        probation = SlotQueue()
        protected = SlotQueue()
        windowBytes = 0
        protectedBytes = 0
        member.clear()
        member.tell(windowBytes: 0, protectedBytes: 0)
    }
}

extension TinyLFUPolicy {
    /// What protected may take of what has passed the window, in fifths.
    static let protectedFifths = 4

    private var windowTarget: Int { (member.bytes * member.windowShare) >> 16 }

    /// Whether the window may take an entry of the rest that is used.
    private func isWindowShort(of bytes: Int) -> Bool {
        guard member.isFull else { return false }
        return member.isSmall ? member.isWindowShort : windowBytes + bytes < windowTarget
    }

    /// Counts a use of a key, and shows it to the trial of windows if it is in its sample.
    private mutating func touch(_ hash: UInt64) {
        sketch.add(hash, age: member.age)
        member.touched()
        let mixed = WindowTrial.mix(hash)
        if member.samples(mixed) {
            member.domain.trial.withLock { $0.access(mixed, of: member.domain) }
        }
    }

    /// Moves on what the window has too much of, but for the newest.
    private mutating func makeWindowFit(_ slots: Slots) {
        var moves = Self.maxMoves
        while moves > 0, window.tail != window.head {
            let newest = slots.bytes(of: Int(window.head))
            guard windowBytes - newest > windowTarget else { break }
            move(Int(window.tail), to: .probation, in: slots)
            moves -= 1
        }
        demote(slots)
    }

    private mutating func demote(_ slots: Slots) {
        let limit = (member.bytes - windowTarget) / 5 * Self.protectedFifths
        var moves = Self.maxMoves
        while moves > 0, protectedBytes > limit, !protected.isEmpty {
            move(Int(protected.tail), to: .probation, in: slots)
            moves -= 1
        }
    }

    private mutating func move(_ slot: Int, to queue: Queue, in slots: Slots) {
        let bytes = slots.bytes(of: slot)
        _ = pull(slot, bytes, in: slots)
        push(slot, bytes, to: queue, in: slots)
    }

    private static func queue(_ mark: UInt8) -> Queue {
        // Holds: marks are written by `push` alone.
        Queue(rawValue: mark & 3).unsafelyUnwrapped
    }

    private mutating func push(_ slot: Int, _ bytes: Int, to queue: Queue, in slots: Slots) {
        let stamp = UInt8(truncatingIfNeeded: member.epoch & Self.stampMask)
        slots[slot].mark = stamp &<< 2 | queue.rawValue
        switch queue {
        case .window:
            window.push(slot, in: slots)
            windowBytes += bytes
        case .probation: probation.push(slot, in: slots)
        case .protected:
            protected.push(slot, in: slots)
            protectedBytes += bytes
        }
    }

    private mutating func pull(_ slot: Int, _ bytes: Int, in slots: Slots) -> Queue {
        member.forget(slot)
        let queue = Self.queue(slots[slot].mark)
        switch queue {
        case .window:
            window.remove(slot, in: slots)
            windowBytes -= bytes
        case .probation: probation.remove(slot, in: slots)
        case .protected:
            protected.remove(slot, in: slots)
            protectedBytes -= bytes
        }
        return queue
    }

    private mutating func tell(_ slots: Slots) {
        member.tell(windowBytes: windowBytes, protectedBytes: protectedBytes)
        tell(.window, window.tail, slots)
        tell(.probation, probation.tail, slots)
        tell(.protected, protected.tail, slots)
    }

    private mutating func tell(_ queue: Queue, _ tail: Int32, _ slots: Slots) {
        let stamp = tail == Slot.noSlot || !member.reportsTails ? 0 : slots[Int(tail)].mark &>> 2
        let place = member.place(stamp: stamp, mask: Self.stampMask)
        member.tell(Int(queue.rawValue), tail: tail, place: place)
    }
}
