// The memory of the nghttp2 sessions of one event loop: small blocks are kept for the next
// call instead of being freed; event loop only.

import CNghttp2

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What nghttp2 allocates with. A call costs it seven blocks that live as long as the call.
final class SessionMemory {
    private let lists: UnsafeMutablePointer<FreeLists>

    init() {
        lists = .allocate(capacity: 1)
        lists.initialize(to: FreeLists())
    }

    deinit {
        lists.deinitialize(count: 1)
        lists.deallocate()
    }

    /// Bytes kept for later, for tests.
    var keptBytes: Int { lists.pointee.keptBytes }

    /// The functions that a session is made with; it must not outlive this object.
    var functions: nghttp2_mem {
        nghttp2_mem(
            mem_user_data: lists,
            malloc: { size, data in freeLists(data)?.pointee.take(size) },
            free: { block, data in freeLists(data)?.pointee.give(block) },
            calloc: { count, size, data in
                let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
                guard !overflow, let block = freeLists(data)?.pointee.take(bytes) else {
                    return nil
                }
                return memset(block, 0, bytes)
            },
            realloc: { block, size, data in freeLists(data)?.pointee.resize(block, to: size) })
    }
}

private func freeLists(_ data: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<FreeLists>? {
    data?.assumingMemoryBound(to: FreeLists.self)
}

/// Free blocks by size. In front of each block stands how many bytes it has room for.
struct FreeLists: ~Copyable {
    /// Sizes are rounded up to a multiple of this.
    static let stepBytes = 32
    /// Larger blocks go back to the system.
    static let largestBytes = 512
    /// Beyond this, small ones do too.
    static let mostKeptBytes = 1 << 20
    /// As large as the system's own alignment.
    private static let headerBytes = 16

    private let heads: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private(set) var keptBytes = 0

    init() {
        let count = Self.largestBytes / Self.stepBytes + 1
        heads = .allocate(capacity: count)
        heads.initialize(repeating: nil, count: count)
    }

    deinit {
        for index in 0...Self.largestBytes / Self.stepBytes {
            while let block = heads[index] {
                heads[index] = block.load(as: UnsafeMutableRawPointer?.self)
                free(block - Self.headerBytes)
            }
        }
        heads.deallocate()
    }

    mutating func take(_ size: Int) -> UnsafeMutableRawPointer? {
        let index = (max(size, 1) &+ Self.stepBytes &- 1) / Self.stepBytes
        let isSmall = size <= Self.largestBytes
        if isSmall, let block = heads[index] {
            heads[index] = block.load(as: UnsafeMutableRawPointer?.self)
            keptBytes &-= index * Self.stepBytes
            return block
        }
        let room = isSmall ? index * Self.stepBytes : size
        let (bytes, overflow) = room.addingReportingOverflow(Self.headerBytes)
        guard !overflow, let base = malloc(bytes) else { return nil }
        base.storeBytes(of: room, as: Int.self)
        return base + Self.headerBytes
    }

    mutating func give(_ block: UnsafeMutableRawPointer?) {
        guard let block else { return }
        let base = block - Self.headerBytes
        let room = base.load(as: Int.self)
        guard room <= Self.largestBytes, keptBytes + room <= Self.mostKeptBytes else {
            return free(base)
        }
        let index = room / Self.stepBytes
        block.storeBytes(of: heads[index], as: UnsafeMutableRawPointer?.self)
        heads[index] = block
        keptBytes += room
    }

    mutating func resize(
        _ block: UnsafeMutableRawPointer?, to size: Int
    ) -> UnsafeMutableRawPointer? {
        guard let block else { return take(size) }
        let room = (block - Self.headerBytes).load(as: Int.self)
        if size <= room { return block }
        guard let bigger = take(size) else { return nil }
        bigger.copyMemory(from: block, byteCount: room)
        give(block)
        return bigger
    }
}
