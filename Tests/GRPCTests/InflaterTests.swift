// What zlib may say of hostile bytes; no network.

import Testing

@testable import GRPC

@Suite struct InflaterTests {
    private let inflater = Inflater()
    private let deflater = Deflater()

    private func packed(_ plain: [UInt8]) throws -> [UInt8] {
        let found = plain.withUnsafeBytes { bytes in
            deflater.deflate(bytes) { packed in packed.map { Array($0) } }
        }
        return try #require(found)
    }

    /// The plain bytes, or why there are none.
    private func unpacked(
        _ bytes: [UInt8], limit: Int = 1 << 20
    ) -> Result<[UInt8], InflateFault> {
        bytes.withUnsafeBytes { bytes in
            defer { inflater.release() }
            do throws(InflateFault) {
                return .success(Array(try inflater.inflate(bytes, limit: limit)))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test("what was packed comes back, of any size", arguments: [40, 4_096, 700_000])
    func roundTrip(size: Int) throws {
        let plain = (0..<size).map { UInt8(truncatingIfNeeded: $0 >> 4) }
        for _ in 0..<3 { #expect(unpacked(try packed(plain)) == .success(plain)) }
    }

    @Test("the limit holds to the byte, and nothing is unpacked beyond it")
    func limit() throws {
        let bomb = try packed([UInt8](repeating: 0, count: 1 << 20))
        for limit in [0, 1, 4_095, 4_096, 4_097, (1 << 20) - 1] {
            #expect(unpacked(bomb, limit: limit) == .failure(.tooLarge))
            #expect(inflater.producedBytes == limit + 1)
        }
        if case .failure = unpacked(bomb, limit: 1 << 20) { Issue.record("it is within the limit") }
    }

    @Test("every way to cut it short is noticed")
    func cutShort() throws {
        let whole = try packed([UInt8](repeating: 7, count: 500))
        for length in whole.indices {
            #expect(unpacked(Array(whole[..<length])) == .failure(.cutShort), "\(length)")
        }
    }

    @Test("bytes after the end are refused, another member included")
    func trailing() throws {
        let whole = try packed([UInt8](repeating: 7, count: 500))
        #expect(unpacked(whole + [0]) == .failure(.trailingBytes))
        #expect(unpacked(whole + whole) == .failure(.trailingBytes))
    }

    @Test("what is not gzip is refused, zlib's own format included")
    func foreign() {
        #expect(unpacked([UInt8](repeating: 0x41, count: 64)) == .failure(.corrupt))
        #expect(unpacked([0x78, 0x9C, 0x03, 0, 0, 0, 0, 1]) == .failure(.corrupt))
    }

    @Test("a wrong checksum, length or block is refused, and the next message is not harmed")
    func corrupt() throws {
        let plain = (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5) }
        let whole = try packed(plain)
        for offset in [0, 2, 3, whole.count - 8, whole.count - 1] {
            var bytes = whole
            bytes[offset] ^= 0xE4
            if case .success = unpacked(bytes) { Issue.record("byte \(offset) was not noticed") }
            #expect(unpacked(whole) == .success(plain))
        }
    }

    @Test("what would not get smaller is not packed")
    func notSmaller() {
        for plain in [[], [1], [1, 2, 3, 4], Array(0...255)] as [[UInt8]] {
            let isPacked = plain.withUnsafeBytes { deflater.deflate($0) { $0 != nil } }
            #expect(!isPacked)
        }
    }
}
