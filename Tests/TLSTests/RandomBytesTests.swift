// Checks the random bytes that epochs and tokens are made of; no network, any thread.

import Testing

@testable import TLS

@Suite("Random bytes")
struct RandomBytesTests {
    @Test("as many bytes come as were asked for", arguments: [0, 1, 31, RandomBytes.maxCount])
    func count(_ count: Int) throws {
        #expect(try RandomBytes().bytes(count).count == count)
    }

    @Test("two draws differ, and every byte of a draw is drawn")
    func drawsDiffer() throws {
        let random = RandomBytes()
        let first = try random.bytes(4_096)
        #expect(try random.bytes(4_096) != first)
        // 4,096 draws leave out one given value of 256 with a chance of about 1 in 10 million,
        // and 20 of them never.
        #expect(Set(first).count > 236)
    }

    @Test("a number uses all of its 64 bits")
    func everyBitOfANumber() throws {
        let random = RandomBytes()
        var ones: UInt64 = 0
        var zeros: UInt64 = 0
        for _ in 0..<256 {
            let number = try random.uint64()
            ones |= number
            zeros |= ~number
        }
        #expect(ones == .max)
        #expect(zeros == .max)
    }

    @Test("a number is the bytes drawn, first byte highest")
    func numberFromBytes() throws {
        let counting = RandomBytes(fill: { start, count in
            for index in 0..<Int(count) { start[index] = UInt8(index + 1) }
            return 1
        })
        #expect(try counting.uint64() == 0x0102_0304_0506_0708)
    }

    @Test("a generator without bytes is an error with a sentence, never zeros")
    func failure() throws {
        let empty = RandomBytes(fill: { _, _ in 0 })
        let error = try #require(throws: TLSError.self) { try empty.bytes(16) }
        #expect(error.code == .randomUnavailable)
        #expect(error.message == "OpenSSL gave no reason")
        #expect(throws: TLSError.self) { try empty.uint64() }
    }
}
