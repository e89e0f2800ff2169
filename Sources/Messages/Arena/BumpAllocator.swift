// Owns the chunks of memory behind a message arena; used by one thread at a time.

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Hands out zeroed memory by moving a pointer, and takes all of it back at once.
///
/// Lives at a fixed address, because `protobuf_c` has a pointer to it: a struct behind a pointer
/// rather than a class, for a callback into a class pays an exclusivity check per field.
struct BumpAllocator: ~Copyable {
    /// The first chunk; each further one doubles, up to `largestStep`.
    static let firstChunkBytes = 4 * 1024
    /// The most that a chunk grows beyond what was asked of it.
    static let largestStepBytes = 1024 * 1024
    /// The most that `reset` keeps.
    static let keptChunkBytes = 64 * 1024
    /// What every piece of memory is aligned to: the strictest C type.
    private static let alignment = 16

    private struct ChunkHeader {
        var previous: UnsafeMutablePointer<ChunkHeader>?
        var capacityBytes: Int
    }

    /// Whether the limit has denied memory since the last reset.
    private(set) var wasDenied = false

    private let limitBytes: Int
    private var newest: UnsafeMutablePointer<ChunkHeader>?
    private var next: UnsafeMutableRawPointer
    private var available = 0
    private var chunkBytes = 0

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
        next = UnsafeMutableRawPointer(mutating: UnsafeRawPointer(bitPattern: Self.alignment)!)
    }

    deinit {
        var chunk = newest
        while let doomed = chunk {
            chunk = doomed.pointee.previous
            free(doomed)
        }
    }

    /// Bytes taken from the system and not given back.
    var heldBytes: Int { chunkBytes }

    /// Zeroed memory; nil when the system has none, or it is `limited` and over the limit.
    mutating func allocate(_ size: Int, limited: Bool) -> UnsafeMutableRawPointer? {
        // Nothing that large is ever right, and rounding it up could overflow.
        guard size <= Int.max / 2 else { return nil }
        let rounded = (max(size, 1) + Self.alignment - 1) & ~(Self.alignment - 1)
        if rounded > available {
            guard addChunk(for: rounded, limited: limited) else {
                wasDenied = true
                return nil
            }
        }
        let piece = next
        next += rounded
        available -= rounded
        return piece
    }

    /// Takes all memory back and keeps one small chunk, zeroed, for what comes next.
    mutating func reset() {
        wasDenied = false
        guard let current = newest else { return }
        if current.pointee.previous == nil, current.pointee.capacityBytes <= Self.keptChunkBytes {
            let start = payload(of: current)
            memset(start, 0, start.distance(to: next))
            open(current)
        } else {
            keepLargestSmallChunk()
        }
    }

    private mutating func keepLargestSmallChunk() {
        var kept: UnsafeMutablePointer<ChunkHeader>?
        var chunk = newest
        while let one = chunk {
            chunk = one.pointee.previous
            let bytes = one.pointee.capacityBytes
            if bytes <= Self.keptChunkBytes, bytes > kept?.pointee.capacityBytes ?? 0 {
                free(kept)
                kept = one
            } else {
                free(one)
            }
        }
        newest = nil
        available = 0
        chunkBytes = 0
        guard let kept else { return }
        memset(payload(of: kept), 0, kept.pointee.capacityBytes - MemoryLayout<ChunkHeader>.size)
        kept.pointee.previous = nil
        chunkBytes = kept.pointee.capacityBytes
        newest = kept
        open(kept)
    }

    private mutating func addChunk(for size: Int, limited: Bool) -> Bool {
        let needed = size + MemoryLayout<ChunkHeader>.size
        let left = limited ? limitBytes - chunkBytes : Int.max
        guard needed <= left else { return false }
        let doubled = newest.map { $0.pointee.capacityBytes * 2 } ?? Self.firstChunkBytes
        let capacity = min(left, max(needed, min(doubled, Self.largestStepBytes)))
        guard let memory = calloc(1, capacity) else { return false }
        let header = memory.bindMemory(to: ChunkHeader.self, capacity: 1)
        header.initialize(to: ChunkHeader(previous: newest, capacityBytes: capacity))
        newest = header
        chunkBytes += capacity
        open(header)
        return true
    }

    private mutating func open(_ chunk: UnsafeMutablePointer<ChunkHeader>) {
        next = payload(of: chunk)
        available = chunk.pointee.capacityBytes - MemoryLayout<ChunkHeader>.size
    }

    private func payload(of chunk: UnsafeMutablePointer<ChunkHeader>) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(chunk) + MemoryLayout<ChunkHeader>.size
    }
}
