// Owns the entries that left the table during one call, until the lock is dropped.

/// Frees what was removed outside the lock: freeing may be slow, and nobody should wait for it.
/// Whoever makes one discards it.
struct Garbage: ~Copyable {
    // No block has the number 0.
    private var first = 0
    // By a pointer: an array, even none, would be released at the end of each call.
    private var rest: UnsafeMutablePointer<[Int]>?

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
        for slot in rest.pointee { arena.release(slot) }
        rest.deinitialize(count: 1)
        rest.deallocate()
        self.rest = nil
    }

    @inline(never)
    private mutating func addMore(_ slot: Int) {
        let rest = self.rest ?? .allocate(capacity: 1)
        if self.rest == nil {
            rest.initialize(to: [])
            rest.pointee.reserveCapacity(64)
            self.rest = rest
        }
        rest.pointee.append(slot)
    }
}
