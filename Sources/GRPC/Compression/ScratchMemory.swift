// Memory for one result of the codec at a time; owned by its loop or connection.

/// Grows when asked to, and never by more than was asked for: a RawBuffer doubles.
struct ScratchMemory: ~Copyable {
    /// What may stay for the next message; the rest goes back after each.
    static let keptBytes = 256 << 10

    private(set) var base: UnsafeMutableRawPointer?
    private(set) var capacity = 0

    init() {}

    deinit { base?.deallocate() }

    /// Makes room for `wanted` bytes and keeps the first `used` ones.
    mutating func reserve(_ wanted: Int, keeping used: Int) {
        guard wanted > capacity else { return }
        let bigger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 8)
        if let base {
            bigger.copyMemory(from: base, byteCount: used)
            base.deallocate()
        }
        base = bigger
        capacity = wanted
    }

    /// Gives the memory back if it is large.
    mutating func trim() {
        guard capacity > Self.keptBytes else { return }
        base?.deallocate()
        base = nil
        capacity = 0
    }
}
