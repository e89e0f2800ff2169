// Owns the order of use of one segment in one stripe; belongs to that stripe and its lock.

/// Least recently used goes first: a doubly linked list through the slots, newest at the head.
struct LRUPolicy {
    private var head = Slot.noSlot
    private var tail = Slot.noSlot

    @inline(__always)
    mutating func inserted(_ slot: Int, in slots: Slots) {
        slots[slot].previous = Slot.noSlot
        slots[slot].next = head
        if head == Slot.noSlot {
            tail = Int32(truncatingIfNeeded: slot)
        } else {
            slots[Int(head)].previous = Int32(truncatingIfNeeded: slot)
        }
        head = Int32(truncatingIfNeeded: slot)
    }

    @inline(__always)
    mutating func used(_ slot: Int, in slots: Slots) {
        guard slot != Int(head) else { return }
        removed(slot, in: slots)
        inserted(slot, in: slots)
    }

    @inline(__always)
    mutating func moved(from old: Int, to new: Int, in slots: Slots) {
        let (previous, next) = (slots[old].previous, slots[old].next)
        slots[new].previous = previous
        slots[new].next = next
        let number = Int32(truncatingIfNeeded: new)
        if previous == Slot.noSlot { head = number } else { slots[Int(previous)].next = number }
        if next == Slot.noSlot { tail = number } else { slots[Int(next)].previous = number }
    }

    @inline(__always)
    mutating func removed(_ slot: Int, in slots: Slots) {
        let previous = slots[slot].previous
        let next = slots[slot].next
        if previous == Slot.noSlot { head = next } else { slots[Int(previous)].next = next }
        if next == Slot.noSlot { tail = previous } else { slots[Int(next)].previous = previous }
    }

    func victim(sparing spared: Int?, in slots: Slots) -> Int? {
        var slot = tail
        if slot != Slot.noSlot, Int(slot) == spared { slot = slots[Int(slot)].previous }
        return slot == Slot.noSlot ? nil : Int(slot)
    }

    func order(in slots: Slots) -> [Int] {
        var order: [Int] = []
        var slot = tail
        while slot != Slot.noSlot {
            order.append(Int(slot))
            slot = slots[Int(slot)].previous
        }
        return order
    }
}
