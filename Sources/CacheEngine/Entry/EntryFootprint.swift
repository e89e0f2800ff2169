// Owns the price list of the byte budgets; pure functions.

/// What an entry costs its budget: what the allocator takes for it, and its share of the tables.
package enum EntryFootprint {
    /// An entry's share of its stripe's tables: a slot (32), a node of the expiry heap (16), and
    /// 8-byte buckets at half to three quarters full in the mean (16).
    package static let tableBytes = 64

    /// From this size on the allocator maps whole pages (glibc's first M_MMAP_THRESHOLD).
    static let mappedFromBytes = 128 * 1024

    /// The cost in bytes of an entry whose key, value, content type, metadata and tags take
    /// `payload` bytes.
    package static func bytes(payload: Int) -> Int {
        allocatedBytes(EntryStorage.prefixBytes + payload) + tableBytes
    }

    /// What `malloc(count)` takes: glibc puts 8 bytes before each piece and gives multiples of
    /// 16, at least 32; large pieces are pages with 16 bytes before them. Other allocators
    /// (Darwin's, jemalloc) round up by at most a fifth more.
    package static func allocatedBytes(_ count: Int) -> Int {
        guard count < mappedFromBytes else { return (count + 16 + 4095) & ~4095 }
        return max(32, (count + 8 + 15) & ~15)
    }
}
