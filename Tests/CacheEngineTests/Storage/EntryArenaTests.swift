// Tests the memory of the entries: that no two share any, what it takes, and who frees it.

import Testing

@testable import CacheEngine

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct EntryArenaTests {
    private let arena = EntryArena(hasher: SipHash(seed: (1, 2)))

    @Test("Each class holds its sizes with at most three bytes to spare, up to 1 KiB")
    func classes() {
        var last = 0
        for bytes in 1...SizeClasses.maxBlockBytes {
            let index = SizeClasses.index(of: bytes)
            let block = SizeClasses.blockBytes(index)
            #expect(block >= bytes && index >= last && index < SizeClasses.count)
            if bytes >= SizeClasses.minBlockBytes, bytes <= 1_024 { #expect(block - bytes < 4) }
            if bytes > 1_024 { #expect(block - bytes < 32) }
            last = index
        }
        #expect(last == SizeClasses.count - 1)
    }

    @Test("What an entry costs is told by its block as by its bytes, whatever its size")
    func costs() {
        let bytes = [UInt8](repeating: 7, count: 6_000)
        bytes.withUnsafeBytes { bytes in
            let key = UnsafeRawBufferPointer(rebasing: bytes[..<5])
            for count in 0...bytes.count {
                let value = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                let slot = arena.make(
                    EntryDraft(key: key, value: value), createdAt: .never,
                    mayExpire: count % 2 == 0)
                #expect(arena.slots.bytes(of: slot) == arena.slots.entry(slot).footprintBytes)
                arena.release(slot)
            }
        }
    }

    @Test("Blocks keep what is written into them, and what all of them take is what is counted")
    func blocks() {
        var random = SeededGenerator(state: 1)
        var held: [(slot: Int, bytes: Int, fill: UInt8)] = []
        var counted = 0
        for step in 0..<60_000 {
            if held.count < 3_000 || step % 2 == 0, held.count < 20_000 {
                let bytes = Int.random(in: 32...(step % 50 == 0 ? 4_096 : 300), using: &random)
                let fill = UInt8(truncatingIfNeeded: step)
                let slot = arena.allocate(bytes)
                let memory = UnsafeMutableRawBufferPointer(
                    start: arena.slots.address(slot), count: bytes)
                memory.initializeMemory(as: UInt8.self, repeating: fill)
                held.append((slot, bytes, fill))
                counted += EntryFootprint.blockBytes(bytes)
            } else {
                let index = Int.random(in: 0..<held.count, using: &random)
                let block = held[index]
                held[index] = held[held.count - 1]
                held.removeLast()
                #expect(isFilled(block))
                arena.free(block.slot)
                counted -= EntryFootprint.blockBytes(block.bytes)
            }
        }
        #expect(held.allSatisfy { isFilled($0) })
        #expect(Set(held.map(\.slot)).count == held.count)
        // Each size has a span that was begun, and holes where blocks were freed.
        let begun = SizeClasses.count * EntryArena.spanBytes
        #expect(arena.usedSpanBytes >= counted)
        #expect(arena.usedSpanBytes <= counted + counted / 3 + begun)
        for block in held { arena.free(block.slot) }
        // Each size may keep a span; a chunk is kept for what comes.
        #expect(arena.usedSpanBytes <= SizeClasses.count * EntryArena.spanBytes)
        #expect(arena.mappedBytes <= arena.usedSpanBytes + 4 * SpanPool.chunkBytes)
    }

    private func isFilled(_ block: (slot: Int, bytes: Int, fill: UInt8)) -> Bool {
        UnsafeRawBufferPointer(start: arena.slots.address(block.slot), count: block.bytes)
            .allSatisfy { $0 == block.fill }
    }

    @Test("Of one size the spans take what the entries are counted with, within one span")
    func accounting() {
        for bytes in [64, 157, 1_000, 2_500] {
            let arena = EntryArena(hasher: SipHash(seed: (1, 2)))
            let slots = (0..<3_000).map { _ in arena.allocate(bytes) }
            let counted = slots.count * EntryFootprint.blockBytes(bytes)
            #expect(abs(arena.usedSpanBytes - counted) <= EntryArena.spanBytes, "\(bytes)")
            for slot in slots { arena.free(slot) }
        }
    }

    #if canImport(Glibc)
        // A sanitizer brings an allocator of its own.
        @Test(
            "What is outside takes of the allocator what it is counted with",
            .enabled(if: getenv("ASAN_OPTIONS") == nil && getenv("TSAN_OPTIONS") == nil))
        func outside() {
            for bytes in [4_096, 5_000, 70_000, 1 << 20] {
                let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
                // glibc keeps the size of a piece before it, three flags in its lowest bits.
                let real = Int(memory.load(fromByteOffset: -8, as: UInt.self) & ~7)
                // A large piece is whole pages, unless the heap happens to have room for it. In the
                // heap a piece is 16 bytes larger where too little would be left for another.
                let spare = EntryFootprint.allocatedBytes(bytes) - real
                let mayBeInHeap = bytes >= EntryFootprint.mappedFromBytes && spare <= 4_096
                #expect(spare == 0 || spare == -16 || mayBeInHeap, "\(bytes): \(spare)")
                memory.deallocate()
            }
        }
    #endif

    @Test("An entry is freed when the last one lets go of it, not before")
    func references() {
        let key = Array("key".utf8)
        let value = [UInt8](repeating: 5, count: 300)
        let slot = key.withUnsafeBytes { key in
            value.withUnsafeBytes {
                arena.make(
                    EntryDraft(key: key, value: $0), createdAt: Timestamp(nanoseconds: 0),
                    mayExpire: false)
            }
        }
        var holders = (0..<5).map { _ in CacheEntry(keeping: slot, in: arena) }
        let last = holders[0]
        arena.release(slot)
        holders = []
        #expect(withExtendedLifetime(last) { Array(last.value) == value })
        #expect(arena.usedSpanBytes == EntryArena.spanBytes)
    }
}
