// Owns nothing: asks the system for memory and gives it back; any thread.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Memory in whole pages, outside the allocator: what is given back is really gone.
enum PageMemory {
    #if os(Linux)
        private static let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    #else
        private static let flags = MAP_PRIVATE | MAP_ANON
    #endif

    /// `bytes` of zeros, aligned to their own size; `bytes` is a power of two.
    static func map(_ bytes: Int) -> UnsafeMutableRawPointer {
        let room = mmap(
            nil, 2 * bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let room, room != MAP_FAILED else { preconditionFailure("out of memory") }
        let skipped = -Int(bitPattern: room) & (bytes - 1)
        if skipped > 0 { munmap(room, skipped) }
        if skipped < bytes { munmap(room + skipped + bytes, bytes - skipped) }
        return room + skipped
    }

    /// Gives back what `map` gave.
    static func unmap(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
        munmap(start, bytes)
    }

    /// Says that large pages are welcome: they save the processor most look-ups of addresses.
    static func preferLargePages(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
        #if os(Linux)
            // MADV_HUGEPAGE; a kernel without it says no, and that is all.
            madvise(start, bytes, 14)
        #endif
    }
}
