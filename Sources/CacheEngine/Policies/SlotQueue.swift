// Owns one order of slots of a stripe; guarded by the stripe's lock.

/// A doubly linked list through the slots' links: the newest at the head, the oldest at the tail.
struct SlotQueue {
    private(set) var head = Slot.noSlot
    private(set) var tail = Slot.noSlot

    var isEmpty: Bool { tail == Slot.noSlot }

    @inline(__always)
    mutating func push(_ slot: Int, in slots: Slots) {
        let number = Int32(truncatingIfNeeded: slot)
        slots[slot].previous = Slot.noSlot
        slots[slot].next = head
        if head == Slot.noSlot { tail = number } else { slots[Int(head)].previous = number }
        head = number
    }

    @inline(__always)
    mutating func remove(_ slot: Int, in slots: Slots) {
        let previous = slots[slot].previous
        let next = slots[slot].next
        if previous == Slot.noSlot { head = next } else { slots[Int(previous)].next = next }
        if next == Slot.noSlot { tail = previous } else { slots[Int(next)].previous = previous }
    }

    @inline(__always)
    mutating func refresh(_ slot: Int, in slots: Slots) {
        guard slot != Int(head) else { return }
        remove(slot, in: slots)
        push(slot, in: slots)
    }

    /// Puts `slot` where `old` is.
    mutating func replace(_ old: Int, by slot: Int, in slots: Slots) {
        guard old != slot else { return }
        let number = Int32(truncatingIfNeeded: slot)
        let (previous, next) = (slots[old].previous, slots[old].next)
        slots[slot].previous = previous
        slots[slot].next = next
        if previous == Slot.noSlot { head = number } else { slots[Int(previous)].next = number }
        if next == Slot.noSlot { tail = number } else { slots[Int(next)].previous = number }
    }

    /// The oldest but for `spared`.
    func oldest(sparing spared: Int?, in slots: Slots) -> Int? {
        var slot = tail
        if slot != Slot.noSlot, Int(slot) == spared { slot = slots[Int(slot)].previous }
        return slot == Slot.noSlot ? nil : Int(slot)
    }
}
