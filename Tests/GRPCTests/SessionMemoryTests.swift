// What the memory of sessions promises to nghttp2; one thread.

import Testing

@testable import GRPC

@Suite struct SessionMemoryTests {
    @Test("a block is given out again for any size of its class, and no other")
    func reuse() throws {
        var lists = FreeLists()
        let first = try taken(lists.take(33))
        lists.give(first)
        #expect(lists.keptBytes == 64)
        let other = try taken(lists.take(32))
        #expect(other != first)
        let again = try taken(lists.take(64))
        #expect(again == first)
        #expect(lists.keptBytes == 0)
        lists.give(again)
        lists.give(other)
    }

    @Test("every size is usable to its last byte, aligned, and keeps its bytes as it grows")
    func sizes() throws {
        var lists = FreeLists()
        for size in [0, 1, 31, 32, 33, 511, 512, 513, 4_096, 100_000] {
            let block = try taken(lists.take(size))
            #expect(Int(bitPattern: block) % 16 == 0)
            for offset in 0..<size {
                block.storeBytes(
                    of: UInt8(truncatingIfNeeded: offset), toByteOffset: offset, as: UInt8.self)
            }
            let bigger = try taken(lists.resize(block, to: size * 2 + 1))
            for offset in 0..<size {
                let byte = bigger.load(fromByteOffset: offset, as: UInt8.self)
                #expect(byte == UInt8(truncatingIfNeeded: offset))
            }
            lists.give(bigger)
        }
    }

    @Test("what is kept has a bound, and large blocks are never kept")
    func bound() {
        var lists = FreeLists()
        let blocks = (0..<5_000).map { _ in lists.take(512) }
        for block in blocks { lists.give(block) }
        #expect(lists.keptBytes <= FreeLists.mostKeptBytes)
        #expect(lists.keptBytes > FreeLists.mostKeptBytes - 512)
        let before = lists.keptBytes
        lists.give(lists.take(513))
        #expect(lists.keptBytes == before)
    }

    @Test("nonsense sizes are refused, not wrapped around")
    func overflow() {
        var lists = FreeLists()
        let none = lists.take(.max)
        #expect(none == nil)
    }

    private func taken(_ block: UnsafeMutableRawPointer?) throws -> UnsafeMutableRawPointer {
        try #require(block)
    }
}
