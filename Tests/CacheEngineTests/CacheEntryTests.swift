// Tests the layout of an entry.

import Testing

@testable import CacheEngine

@Suite struct CacheEntryTests {
    private let cache = TestCache()

    @Test("Key, value, content type, metadata and tags come back byte for byte")
    func roundTrip() throws {
        let bytes = (0..<200).map { UInt8($0) }
        let entry = bytes.withUnsafeBytes { all in
            func view(_ range: Range<Int>) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: all[range])
            }
            return CacheEntry.make(
                EntryDraft(
                    key: view(1..<9), value: view(9..<100), contentType: view(100..<110),
                    metadata: [
                        (view(110..<113), view(113..<113)), (view(113..<115), view(20..<40)),
                    ],
                    tags: [view(150..<151), view(151..<200)]),
                createdAt: Timestamp(nanoseconds: 7))
        }
        for entry in [entry, entry.copy()] {
            #expect(Array(entry.key) == Array(bytes[1..<9]))
            #expect(Array(entry.value) == Array(bytes[9..<100]))
            #expect(Array(entry.contentType) == Array(bytes[100..<110]))
            try #require(entry.metadataCount == 2 && entry.tagCount == 2)
            #expect(Array(entry.metadata(at: 0).name) == Array(bytes[110..<113]))
            #expect(entry.metadata(at: 0).value.isEmpty)
            #expect(Array(entry.metadata(at: 1).value) == Array(bytes[20..<40]))
            #expect(Array(entry.tag(at: 0)) == [150])
            #expect(Array(entry.tag(at: 1)) == Array(bytes[151..<200]))
            #expect(entry.createdAt == Timestamp(nanoseconds: 7))
        }
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

    @Test("The footprint counts what the allocator takes, and the share of the tables")
    func footprint() {
        #expect(EntryStorage.prefixBytes == 52)
        #expect(EntryFootprint.allocatedBytes(1) == 32)
        #expect(EntryFootprint.allocatedBytes(56) == 64)
        #expect(EntryFootprint.allocatedBytes(57) == 80)
        #expect(EntryFootprint.allocatedBytes(1 << 20) == (1 << 20) + 4_096)
        #expect(EntryFootprint.bytes(payload: 4) == 64 + EntryFootprint.tableBytes)
    }
}
