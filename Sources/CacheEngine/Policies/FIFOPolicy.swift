// Owns the order of arrival in one segment in one stripe; belongs to that stripe and its lock.

/// First in, first out: a use changes nothing, nor does a new value. The mark has the epoch of
/// the arrival.
struct FIFOPolicy {
    private var queue = SlotQueue()
    private(set) var member: DomainMember

    init(_ member: DomainMember) { self.member = member }

    mutating func inserted(_ slot: Int, in slots: Slots) {
        queue.push(slot, in: slots)
        slots[slot].mark = UInt8(truncatingIfNeeded: member.epoch)
        member.added(slots.bytes(of: slot))
        tell(slots)
    }

    mutating func replaced(_ old: Int, by slot: Int, in slots: Slots) {
        member.grew(by: slots.bytes(of: slot) - slots.bytes(of: old))
        queue.replace(old, by: slot, in: slots)
        slots[slot].mark = slots[old].mark
        told(of: old, slots)
    }

    mutating func removed(_ slot: Int, in slots: Slots) {
        queue.remove(slot, in: slots)
        member.removed(slots.bytes(of: slot))
        told(of: slot, slots)
    }

    func victim(sparing spared: Int?, in slots: Slots) -> Victim? {
        queue.oldest(sparing: spared, in: slots).map { Victim(slot: $0, reason: .order) }
    }

    func first(in slots: Slots) -> Int? { queue.oldest(sparing: nil, in: slots) }

    mutating func clear() {
        queue = SlotQueue()
        member.clear()
    }

    private mutating func told(of slot: Int, _ slots: Slots) {
        member.forget(slot)
        tell(slots)
    }

    private mutating func tell(_ slots: Slots) {
        let tail = queue.tail
        let stamp = tail == Slot.noSlot ? 0 : slots[Int(tail)].mark
        member.tell(0, tail: tail, place: member.place(stamp: stamp, mask: 255))
    }
}
