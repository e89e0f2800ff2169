// Owns the entries that left the table during one call, until the lock is dropped.

/// Frees what was removed outside the lock: freeing may be slow, and nobody should wait for it.
struct Garbage: ~Copyable {
    // No block has the number 0.
    private var first = 0
    private var rest: [Int]?

    var isEmpty: Bool { first == 0 }

    /// Takes an entry; the first one costs no allocation.
    @inline(__always)
    mutating func add(_ slot: Int) {
        if first == 0 { first = slot } else { addMore(slot) }
    }

    /// Lets go of everything; call it without the lock.
    @inline(__always)
    mutating func discard(_ arena: EntryArena) {
        if first != 0 { discardAll(arena) }
    }

    @inline(never)
    private mutating func discardAll(_ arena: EntryArena) {
        arena.release(first)
        first = 0
        guard let rest else { return }
        for slot in rest { arena.release(slot) }
        self.rest = nil
    }

    @inline(never)
    private mutating func addMore(_ slot: Int) {
        if rest == nil {
            rest = []
            rest?.reserveCapacity(64)
        }
        rest?.append(slot)
    }
}
