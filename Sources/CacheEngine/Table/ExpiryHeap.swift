// Owns the order in which the entries of one stripe expire; guarded by the stripe's lock.

/// A binary min-heap of deadlines with at most one node for each slot, so nothing stale piles up.
///
/// A node's deadline is never *later* than its entry's. An entry that gets more time leaves its
/// node alone (a renewed entry costs nothing); when the node comes up early, the sweep moves it
/// to where it belongs with ``postponeFirst``.
struct ExpiryHeap {
    private struct Node {
        var deadline: Timestamp
        var slot: Int32
    }

    private var nodes: [Node] = []

    /// The first to come up; a lower bound of its true deadline.
    @inline(__always)
    var first: (deadline: Timestamp, slot: Int)? {
        nodes.first.map { ($0.deadline, Int($0.slot)) }
    }

    var count: Int { nodes.count }

    /// Makes sure that `slot` comes up no later than at `deadline`.
    mutating func schedule(
        _ slot: Int, at deadline: Timestamp, in slots: UnsafeMutablePointer<Slot>
    ) {
        guard deadline != .never else { return cancel(slot, in: slots) }
        let position = Int(slots[slot].deadline)
        if position == Int(Slot.noSlot) {
            nodes.append(Node(deadline: deadline, slot: Int32(slot)))
            siftUp(nodes.count - 1, in: slots)
        } else if deadline < nodes[position].deadline {
            nodes[position].deadline = deadline
            siftUp(position, in: slots)
        }
    }

    /// Forgets `slot`.
    mutating func cancel(_ slot: Int, in slots: UnsafeMutablePointer<Slot>) {
        let position = Int(slots[slot].deadline)
        guard position != Int(Slot.noSlot) else { return }
        slots[slot].deadline = Slot.noSlot
        let last = nodes.removeLast()
        guard position < nodes.count else { return }
        nodes[position] = last
        slots[Int(last.slot)].deadline = Int32(position)
        siftUp(position, in: slots)
        siftDown(Int(slots[Int(last.slot)].deadline), in: slots)
    }

    /// Moves the first to its true deadline.
    mutating func postponeFirst(to deadline: Timestamp, in slots: UnsafeMutablePointer<Slot>) {
        nodes[0].deadline = deadline
        siftDown(0, in: slots)
    }

    private mutating func siftUp(_ start: Int, in slots: UnsafeMutablePointer<Slot>) {
        var position = start
        let node = nodes[start]
        while position > 0 {
            let parent = (position - 1) / 2
            guard node.deadline < nodes[parent].deadline else { break }
            put(nodes[parent], at: position, in: slots)
            position = parent
        }
        put(node, at: position, in: slots)
    }

    private mutating func siftDown(_ start: Int, in slots: UnsafeMutablePointer<Slot>) {
        var position = start
        let node = nodes[start]
        while true {
            var child = 2 * position + 1
            guard child < nodes.count else { break }
            if child + 1 < nodes.count, nodes[child + 1].deadline < nodes[child].deadline {
                child += 1
            }
            guard nodes[child].deadline < node.deadline else { break }
            put(nodes[child], at: position, in: slots)
            position = child
        }
        put(node, at: position, in: slots)
    }

    private mutating func put(
        _ node: Node, at position: Int, in slots: UnsafeMutablePointer<Slot>
    ) {
        nodes[position] = node
        slots[Int(node.slot)].deadline = Int32(truncatingIfNeeded: position)
    }
}
