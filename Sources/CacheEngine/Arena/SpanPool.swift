// Owns the chunks and the spans that have no size yet; guarded by its lock.

/// Cuts chunks of 2 MiB, which are one large page, into 64 spans.
struct SpanPool {
    static let chunkBytes = 64 * EntryArena.spanBytes
    /// Large pages are asked for from 32 MiB on: one is resident as soon as a byte of it is used,
    /// and a small cache should stay small.
    private static let firstLargeChunk = 16
    private static let maxChunks = 1 << SlotNumber.spanBits / 64

    private struct Chunk {
        var base: UnsafeMutableRawPointer?
        /// A bit for each span without a size.
        var free: UInt64 = 0
    }

    private let slots: Slots
    private let infos: SpanInfos
    // Number 0 stays unused, so that no block has the number 0.
    private var chunks = [Chunk()]
    /// Chunks that have a free span.
    private var open: [Int] = []
    /// Numbers of chunks that were given back to the system.
    private var unmapped: [Int] = []
    private(set) var usedSpans = 0

    init(slots: Slots, infos: SpanInfos) {
        self.slots = slots
        self.infos = infos
    }

    var mappedBytes: Int { (chunks.count - 1 - unmapped.count) * Self.chunkBytes }

    /// A span for blocks of one size.
    mutating func take(sizeClass: Int, blockBytes: Int) -> Int {
        let chunk = open.last ?? addChunk()
        let bit = chunks[chunk].free.trailingZeroBitCount
        chunks[chunk].free &= ~(1 << UInt64(bit))
        if chunks[chunk].free == 0 { open.removeLast() }
        usedSpans += 1
        let span = chunk * 64 + bit
        guard let base = chunks[chunk].base else { preconditionFailure("the chunk is unmapped") }
        let address = UInt(bitPattern: base + bit * EntryArena.spanBytes)
        slots.words[span] = UInt64(address) | UInt64(blockBytes)
        infos[span].pointee = SpanInfo(sizeClass: UInt16(sizeClass))
        return span
    }

    /// Takes back a span whose blocks are all free.
    mutating func give(_ span: Int) {
        let chunk = span / 64
        if chunks[chunk].free == 0 { open.append(chunk) }
        chunks[chunk].free |= 1 << UInt64(span % 64)
        usedSpans -= 1
        // One empty chunk is kept, so that a span that comes and goes maps nothing.
        guard chunks[chunk].free == .max, open.count > 1, let base = chunks[chunk].base else {
            return
        }
        PageMemory.unmap(base, Self.chunkBytes)
        chunks[chunk] = Chunk()
        open.removeAll { $0 == chunk }
        unmapped.append(chunk)
    }

    mutating func unmapAll() {
        for chunk in chunks { chunk.base.map { PageMemory.unmap($0, Self.chunkBytes) } }
    }

    private mutating func addChunk() -> Int {
        let number = unmapped.popLast() ?? chunks.count
        precondition(number < Self.maxChunks, "64 GiB of small entries are all there may be")
        if number == chunks.count { chunks.append(Chunk()) }
        let base = PageMemory.map(Self.chunkBytes)
        if number >= Self.firstLargeChunk { PageMemory.preferLargePages(base, Self.chunkBytes) }
        chunks[number] = Chunk(base: base, free: .max)
        open.append(number)
        return number
    }
}
