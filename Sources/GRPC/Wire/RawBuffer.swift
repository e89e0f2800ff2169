// A growable run of bytes outside ARC's reach, for streams that are used again and again.

/// Owns its memory; whoever owns the buffer decides which thread touches it.
struct RawBuffer: ~Copyable {
    /// A buffer above this gives its memory back when it is recycled.
    static let keptBytes = 1024

    private(set) var base: UnsafeMutableRawPointer?
    private(set) var capacity = 0
    private(set) var count = 0

    init() {}

    deinit { base?.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    mutating func append(_ source: UnsafeRawBufferPointer) {
        guard source.count > 0 else { return }
        extend(by: source.count).copyMemory(from: source)
    }

    /// Makes the buffer longer; the new bytes are the caller's to fill.
    mutating func extend(by length: Int) -> UnsafeMutableRawBufferPointer {
        if count + length > capacity { grow(to: count + length) }
        let start = base.map { $0 + count }
        count += length
        return UnsafeMutableRawBufferPointer(start: start, count: length)
    }

    /// Drops the last bytes, and gives the rest to be written over.
    mutating func shorten(to length: Int) -> UnsafeMutableRawBufferPointer {
        precondition(length <= count)
        count = length
        return UnsafeMutableRawBufferPointer(start: base, count: length)
    }

    /// Drops the first bytes.
    mutating func removeFirst(_ length: Int) {
        precondition(length <= count)
        count -= length
        if count > 0, let base { base.copyMemory(from: base + length, byteCount: count) }
    }

    /// Empties the buffer and keeps small memory for the next use.
    mutating func recycle() {
        count = 0
        if capacity > Self.keptBytes { free() }
    }

    /// Empties the buffer and gives its memory back.
    mutating func free() {
        base?.deallocate()
        base = nil
        capacity = 0
        count = 0
    }

    private mutating func grow(to needed: Int) {
        let wanted = max(256, needed, capacity * 2)
        let bigger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 8)
        if let base {
            bigger.copyMemory(from: base, byteCount: count)
            base.deallocate()
        }
        base = bigger
        capacity = wanted
    }
}
