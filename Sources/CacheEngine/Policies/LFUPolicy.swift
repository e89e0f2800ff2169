// Owns the order by number of uses of one segment in one stripe; belongs to that stripe's lock.

/// Least frequently used goes first, with dynamic ageing (LFU-DA: Arlitt et al. 2000).
///
/// An entry's priority is one more with each use. A new one begins above the last victim's
/// priority, so that what was used much, once, is caught up with. Priorities span 16: there is a
/// queue for each, and the lowest bits of the mark say in which one an entry is. Of the lowest
/// queue the entry used longest ago goes.
struct LFUPolicy: ~Copyable {
    private static let span: UInt64 = 16

    // Holds: allocated and freed here, never handed out.
    private let queues: UnsafeMutablePointer<SlotQueue>
    /// No entry has a lower priority.
    private var floor: UInt64 = 0
    private(set) var member: DomainMember

    init(_ member: DomainMember) {
        self.member = member
        queues = .allocate(capacity: Int(Self.span))
        queues.initialize(repeating: SlotQueue(), count: Int(Self.span))
    }

    deinit { queues.deallocate() }

    mutating func inserted(_ slot: Int, in slots: Slots) {
        // The stripes' floors rise together, as far as this one's span goes.
        push(slot, at: max(floor, member.floor) + 1, in: slots)
        member.added(slots.bytes(of: slot))
        tell()
    }

    mutating func used(_ slot: Int, in slots: Slots) {
        let priority = priority(of: slot, in: slots)
        remove(slot, in: slots)
        push(slot, at: max(priority, floor, member.floor) + 1, in: slots)
        tell()
    }

    mutating func replaced(_ old: Int, by slot: Int, in slots: Slots) {
        member.grew(by: slots.bytes(of: slot) - slots.bytes(of: old))
        let mark = slots[old].mark
        slots[slot].mark = mark
        queues[Int(mark)].replace(old, by: slot, in: slots)
        used(slot, in: slots)
    }

    mutating func removed(_ slot: Int, in slots: Slots) {
        remove(slot, in: slots)
        member.removed(slots.bytes(of: slot))
        tell()
    }

    mutating func victim(sparing spared: Int?, in slots: Slots) -> Victim? {
        for priority in floor..<floor + Self.span {
            guard let slot = queues[Self.queue(priority)].oldest(sparing: spared, in: slots) else {
                continue
            }
            member.raiseFloor(to: priority)
            return Victim(slot: slot, reason: .order)
        }
        return nil
    }

    func first(in slots: Slots) -> Int? {
        for priority in floor..<floor + Self.span {
            let queue = queues[Self.queue(priority)]
            if let slot = queue.oldest(sparing: nil, in: slots) { return slot }
        }
        return nil
    }

    mutating func clear() {
        queues.update(repeating: SlotQueue(), count: Int(Self.span))
        member.clear()
    }

    private static func queue(_ priority: UInt64) -> Int { Int(priority & (span - 1)) }

    private func priority(of slot: Int, in slots: Slots) -> UInt64 {
        floor + ((UInt64(slots[slot].mark) &- floor) & (Self.span - 1))
    }

    private mutating func push(_ slot: Int, at priority: UInt64, in slots: Slots) {
        raiseFloor()
        let queue = Self.queue(min(priority, floor + Self.span - 1))
        slots[slot].mark = UInt8(queue)
        queues[queue].push(slot, in: slots)
    }

    private mutating func remove(_ slot: Int, in slots: Slots) {
        queues[Int(slots[slot].mark)].remove(slot, in: slots)
    }

    /// Gives up the priorities below the lowest that an entry has, as far as the domain's floor.
    private mutating func raiseFloor() {
        while floor < member.floor, queues[Self.queue(floor)].isEmpty { floor += 1 }
    }

    private mutating func tell() {
        guard member.reportsTails else { return }
        let lowest = (floor..<floor + Self.span).first { !queues[Self.queue($0)].isEmpty }
        member.tell(place: lowest.map { $0 + 1 } ?? 0)
    }
}
