// Owns the list of the entries of one segment in one stripe; belongs to that stripe's lock.

/// Any entry may go, each as likely as the other: a list, where the last one fills a gap. The
/// first link says where in the list an entry is.
struct RandomPolicy: ~Copyable {
    private var numbers: [Int32] = []
    /// Of the generator (xorshift64*: Vigna 2016). It need not be secret: what goes next tells
    /// nothing about what is kept.
    private var state: UInt64
    private(set) var member: DomainMember

    init(_ member: DomainMember, stripe: Int) {
        self.member = member
        state = 0x9e37_79b9_7f4a_7c15 &* UInt64(stripe + 1)
    }

    mutating func inserted(_ slot: Int, in slots: Slots) {
        slots[slot].previous = Int32(truncatingIfNeeded: numbers.count)
        numbers.append(Int32(truncatingIfNeeded: slot))
        member.added(slots.bytes(of: slot))
    }

    mutating func replaced(_ old: Int, by slot: Int, in slots: Slots) {
        slots[slot].previous = slots[old].previous
        numbers[Int(slots[slot].previous)] = Int32(truncatingIfNeeded: slot)
        member.grew(by: slots.bytes(of: slot) - slots.bytes(of: old))
    }

    mutating func removed(_ slot: Int, in slots: Slots) {
        let last = numbers.removeLast()
        if Int(last) != slot {
            numbers[Int(slots[slot].previous)] = last
            slots[Int(last)].previous = slots[slot].previous
        }
        member.removed(slots.bytes(of: slot))
    }

    mutating func victim(sparing spared: Int?, in slots: Slots) -> Victim? {
        guard !numbers.isEmpty else { return nil }
        let index = Int(truncatingIfNeeded: next() &>> 33) % numbers.count
        let slot = Int(numbers[index])
        if slot != spared { return Victim(slot: slot, reason: .order) }
        guard numbers.count > 1 else { return nil }
        return Victim(slot: Int(numbers[(index + 1) % numbers.count]), reason: .order)
    }

    func first() -> Int? { numbers.last.map { Int($0) } }

    mutating func clear() {
        numbers = []
        member.clear()
    }

    private mutating func next() -> UInt64 {
        state ^= state &>> 12
        state ^= state &<< 25
        state ^= state &>> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }
}
