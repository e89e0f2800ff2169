// Owns what is known of each span; one is guarded by the lock of its size, or of the pool.

/// What is known of a span: its blocks, and its place among spans of its size.
struct SpanInfo {
    static let noBlock = UInt16.max

    /// The first free block; each free block begins with the next one's number.
    var free = Self.noBlock
    /// Blocks from here on were never given out.
    var fresh: UInt16 = 0
    var used: UInt16 = 0
    var sizeClass: UInt16 = 0
    /// Neighbours among the spans of its size that have a free block; 0: none.
    var previous: Int32 = 0
    var next: Int32 = 0
}

/// The infos of all spans, by number, in pages like the words of the slots.
struct SpanInfos: @unchecked Sendable {  // holds: each info is guarded by its lock
    private static let byteCount = Slots.maxSpans * 32

    private let base: UnsafeMutablePointer<SpanInfo>

    init() {
        precondition(MemoryLayout<SpanInfo>.stride <= 32, "an info is larger than its room")
        base = PageMemory.map(Self.byteCount).bindMemory(
            to: SpanInfo.self, capacity: Slots.maxSpans)
    }

    func deallocate() { PageMemory.unmap(base, Self.byteCount) }

    @inline(__always)
    subscript(span: Int) -> UnsafeMutablePointer<SpanInfo> { base + span }
}
