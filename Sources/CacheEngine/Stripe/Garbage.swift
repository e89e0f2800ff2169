// Owns the entries that left the table during one call, until the lock is dropped.

/// Frees what was removed outside the lock: freeing may be slow, and nobody should wait for it.
struct Garbage: ~Copyable {
    private var first: CacheEntry?
    private var rest: [CacheEntry]?

    var isEmpty: Bool { first == nil }

    /// Takes an entry; the first one costs no allocation.
    @inline(__always)
    mutating func add(_ entry: CacheEntry) {
        if first == nil { first = entry } else { addMore(entry) }
    }

    /// Lets go of everything; call it without the lock.
    @inline(__always)
    mutating func discard() {
        if first != nil {
            first = nil
            rest = nil
        }
    }

    @inline(never)
    private mutating func addMore(_ entry: CacheEntry) {
        rest = (rest ?? []) + CollectionOfOne(entry)
    }
}
