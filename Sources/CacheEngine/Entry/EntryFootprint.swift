// Owns the price list of the byte budgets; pure functions.

/// What an entry costs its budget: the memory that is taken for it, and its share of the tables.
package enum EntryFootprint {
    /// An entry's share of its stripe's tables: of the index 8-byte buckets, four fifths full in
    /// the mean, and of the sketch of frequencies 3 bytes.
    package static let tableBytes = 13

    /// From this size on the allocator maps whole pages (glibc's first M_MMAP_THRESHOLD).
    static let mappedFromBytes = 128 * 1024

    /// The cost in bytes of an entry without expiry whose key and value take `payload` bytes.
    package static func bytes(payload: Int) -> Int { bytes(body: payload) }

    /// The cost in bytes of an entry with so many bytes after its header.
    static func bytes(body: Int) -> Int {
        let whole = EntryView.headerBytes + body
        if whole <= SizeClasses.maxBlockBytes { return blockBytes(whole) + tableBytes }
        let header = blockBytes(EntryView.headerBytes + MemoryLayout<UInt>.size)
        return header + allocatedBytes(body + EntryView.outsideBytes) + tableBytes
    }

    /// What a block for `count` bytes takes: its share of its span.
    static func blockBytes(_ count: Int) -> Int {
        Int(shares[SizeClasses.index(of: count)])
    }

    // Made once: a write asks three times, and to divide is slow.
    private static let shares = (0..<SizeClasses.count).map { index in
        let blocks = EntryArena.spanBytes / SizeClasses.blockBytes(index)
        return UInt16((EntryArena.spanBytes + blocks - 1) / blocks)
    }

    /// What `malloc(count)` takes: glibc puts 8 bytes before each piece and gives multiples of
    /// 16, at least 32; large pieces are pages with 16 bytes before them. Other allocators
    /// (Darwin's, jemalloc) round up by at most a fifth more.
    package static func allocatedBytes(_ count: Int) -> Int {
        guard count < mappedFromBytes else { return (count + 16 + 4095) & ~4095 }
        return max(32, (count + 8 + 15) & ~15)
    }
}
