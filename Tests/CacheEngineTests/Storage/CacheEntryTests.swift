// Tests the layout of an entry.

import Testing

@testable import CacheEngine

@Suite struct CacheEntryTests {
    private let cache = TestCache()
    private let arena = EntryArena(hasher: SipHash(seed: (1, 2)))

    @Test("Key, value, content type, metadata and tags come back byte for byte")
    func roundTrip() throws {
        let bytes = (0..<200).map { UInt8($0) }
        let slot = bytes.withUnsafeBytes { all in
            func view(_ range: Range<Int>) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: all[range])
            }
            return arena.make(
                EntryDraft(
                    key: view(1..<9), value: view(9..<100), contentType: view(100..<110),
                    metadata: [
                        (view(110..<113), view(113..<113)), (view(113..<115), view(20..<40)),
                    ],
                    tags: [view(150..<151), view(151..<200)]),
                createdAt: Timestamp(nanoseconds: 7_000_000), mayExpire: false)
        }
        let original = arena.slots.entry(slot)
        let copies = [[], .expiry, .wideVersion, .published].map { arena.copy(original, $0) }
        for slot in [slot] + copies {
            let entry = CacheEntry(taking: slot, of: arena)
            #expect(Array(entry.key) == Array(bytes[1..<9]))
            #expect(Array(entry.value) == Array(bytes[9..<100]))
            #expect(Array(entry.contentType) == Array(bytes[100..<110]))
            try #require(entry.metadataCount == 2 && entry.tagCount == 2)
            #expect(Array(entry.metadata(at: 0).name) == Array(bytes[110..<113]))
            #expect(entry.metadata(at: 0).value.isEmpty)
            #expect(Array(entry.metadata(at: 1).value) == Array(bytes[20..<40]))
            #expect(Array(entry.tag(at: 0)) == [150])
            #expect(Array(entry.tag(at: 1)) == Array(bytes[151..<200]))
            #expect(entry.createdAt == Timestamp(nanoseconds: 7_000_000))
        }
    }

    @Test("The mark of a compressed value stays with the entry", arguments: [0, 3])
    func compressed(tagCount: Int) {
        let bytes = Array("key".utf8)
        for isCompressed in [false, true] {
            let slot = bytes.withUnsafeBytes { bytes in
                var draft = EntryDraft(key: bytes, value: bytes)
                draft.tags = Array(repeating: bytes, count: tagCount)
                draft.isCompressed = isCompressed
                return arena.make(draft, createdAt: cache.now, mayExpire: false)
            }
            let copy = arena.copy(arena.slots.entry(slot), .published)
            for slot in [slot, copy] {
                let entry = CacheEntry(taking: slot, of: arena)
                #expect(entry.isCompressed == isCompressed)
                #expect(entry.draft.isCompressed == isCompressed)
                #expect(Array(entry.value) == bytes && entry.tagCount == tagCount)
            }
        }
    }

    @Test("Sizes around every border come back", arguments: [1, 255, 256, 4_000, 5_000, 65_535])
    func sizes(keyCount: Int) {
        for valueCount in [0, 1, 3_800, 4_100, 70_000] {
            let key = [UInt8](repeating: 1, count: keyCount)
            let value = (0..<valueCount).map { UInt8(truncatingIfNeeded: $0) }
            let slot = key.withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    arena.make(
                        EntryDraft(key: key, value: value), createdAt: cache.now, mayExpire: true)
                }
            }
            arena.slots.entry(slot).publish(version: 1 << 30, expiresAt: cache.now)
            let wide = arena.copy(arena.slots.entry(slot), .published)
            arena.slots.entry(wide).publish(version: .max, expiresAt: .never)
            let entry = CacheEntry(taking: slot, of: arena)
            let copy = CacheEntry(taking: wide, of: arena)
            for entry in [entry, copy] {
                #expect(Array(entry.key) == key && Array(entry.value) == value)
                #expect(entry.createdAt == cache.now)
            }
            #expect(entry.version == 1 << 30 && entry.expiresAt == cache.now)
            #expect(copy.version == .max && copy.expiresAt == .never)
        }
    }

    @Test("The first expiry of an entry in a full cache makes room for itself")
    func firstExpiry() throws {
        let size = EntryFootprint.bytes(payload: 4)
        let full = TestCache(EngineConfiguration(maxBytes: 10 * size, stripes: 4))
        for number in 0..<10 { full.set("key\(number)") }
        #expect(full.totals.entries == 10)
        let entry = try #require(full.touch("key3", ttl: .after(.seconds(1))))
        #expect(entry.expiresAt == full.now + .seconds(1))
        #expect(full.totals.bytes <= 10 * size && full.totals.entries == 9)
        full.advance(by: .seconds(2))
        #expect(full.peek("key3") == nil)
    }

    @Test("An entry may be nothing but its key")
    func bare() throws {
        let version = cache.set("k").version
        let entry = try #require(cache.peek("k"))
        #expect(entry.keyText == "k")
        #expect(entry.value.isEmpty && entry.contentType.isEmpty)
        #expect(entry.metadataCount == 0 && entry.tagCount == 0)
        #expect(entry.version == version)
        #expect(entry.expiresAt == .never)
    }

    @Test("A header has the bytes that are told of it, and its state where it is looked for")
    func header() {
        #expect(MemoryLayout<Slot>.size == EntryView.headerBytes)
        #expect(MemoryLayout<Slot>.offset(of: \.state) == Slot.stateOffset)
    }

    @Test("The footprint counts what the allocator takes, and the share of the tables")
    func footprint() {
        #expect(EntryFootprint.allocatedBytes(1) == 32)
        #expect(EntryFootprint.allocatedBytes(56) == 64)
        #expect(EntryFootprint.allocatedBytes(57) == 80)
        #expect(EntryFootprint.allocatedBytes(1 << 20) == (1 << 20) + 4_096)
        #expect(EntryFootprint.bytes(payload: 4) == 36 + 1 + EntryFootprint.tableBytes)
    }
}
