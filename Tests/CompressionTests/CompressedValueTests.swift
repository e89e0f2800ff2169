// Tests compressed values: what comes back, what is worth it, and what hostile bytes may do.

import Testing

@testable import Compression

@Suite struct CompressedValueTests {
    private static func compress(_ value: [UInt8]) -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: CompressedValue.mostBytes(of: value.count))
        let count = value.withUnsafeBytes { value in
            room.withUnsafeMutableBytes { CompressedValue.compress(value, into: $0) }
        }
        return count.map { Array(room[..<$0]) }
    }

    /// The value, or what is wrong; a byte written outside the value's room is an issue.
    private static func decompress(
        _ stored: [UInt8], limit: Int = 1 << 20
    ) -> Result<[UInt8], CompressionError> {
        stored.withUnsafeBytes { stored in
            Result { () throws(CompressionError) in
                let value = try CompressedValue(stored, limit: limit)
                let (guardBytes, canary) = (64, UInt8(0xA5))
                let all = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: value.plainBytes + 2 * guardBytes, alignment: 1)
                defer { all.deallocate() }
                all.initializeMemory(as: UInt8.self, repeating: canary)
                let inner = guardBytes..<guardBytes + value.plainBytes
                defer {
                    let outside = [all[..<guardBytes], all[inner.upperBound...]].joined()
                    #expect(outside.allSatisfy { $0 == canary }, "it wrote outside its room")
                }
                try value.decompress(into: UnsafeMutableRawBufferPointer(rebasing: all[inner]))
                return Array(all[inner])
            }
        }
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// So many random bytes, then the same byte again and again.
    private static func value(_ count: Int, random: Int) -> [UInt8] {
        randomBytes(random) + [UInt8](repeating: 7, count: count - random)
    }

    @Test(
        "what was compressed comes back",
        arguments: [64, 100, 1_023, 1_024, 1_025, 4_096, 65_535, 65_536, 65_537, 1 << 20])
    func roundTrip(count: Int) throws {
        for value in [
            [UInt8](repeating: 0, count: count), (0..<count).map { UInt8(($0 / 7) & 31) },
            Self.value(count, random: count / 2),
        ] {
            let stored = try #require(Self.compress(value))
            #expect(stored.count <= CompressedValue.mostBytes(of: count))
            #expect(Self.decompress(stored) == .success(value))
        }
    }

    @Test("what saves less than 12 % is left alone, and so is what is too small to save anything")
    func worth() {
        for count in [0, 1, 3, 4, 5, 6, 12, 13] {
            #expect(Self.compress([UInt8](repeating: 0, count: count)) == nil, "\(count)")
        }
        for count in [1_025, 10_000, 100_000] {
            #expect(Self.compress(Self.randomBytes(count)) == nil)
            // LZ4 spends a byte on 255 it cannot pack, and finds what it can pack a little late.
            #expect(Self.compress(Self.value(count, random: count * 84 / 100)) != nil)
            #expect(Self.compress(Self.value(count, random: count * 89 / 100)) == nil)
        }
    }

    @Test("the room for a compressed value is 88 % of it, rounded down")
    func room() {
        for (plain, most) in [(0, 0), (1, 0), (100, 88), (101, 88), (1_025, 902)] {
            #expect(CompressedValue.mostBytes(of: plain) == most)
        }
    }

    @Test("a value of another size than it says is refused")
    func wrongSize() throws {
        let value = [UInt8](repeating: 9, count: 2_000)
        let stored = try #require(Self.compress(value))
        for wrong in [1, 1_999, 2_001, 2_100] {
            var changed = stored
            changed.replaceSubrange(0..<2, with: [UInt8(wrong & 255), UInt8(wrong >> 8)])
            #expect(Self.decompress(changed) == .failure(.corrupt), "\(wrong)")
        }
        var changed = stored
        changed.replaceSubrange(0..<4, with: [0, 0, 0, 0])
        #expect(Self.decompress(changed) == .failure(.corrupt))
    }

    @Test("a value that says it is larger than allowed, or than it can be, is refused unseen")
    func tooLarge() throws {
        let stored = try #require(Self.compress([UInt8](repeating: 9, count: 2_000)))
        #expect(Self.decompress(stored, limit: 1_999) == .failure(.tooLarge))
        #expect(throws: Never.self) { try Self.decompress(stored, limit: 2_000).get() }
        for size: [UInt8] in [[255, 255, 255, 255], [0, 0, 0, 64]] {
            let bomb = size + [UInt8](repeating: 255, count: 1_000)
            #expect(Self.decompress(bomb, limit: .max) == .failure(.tooLarge))
        }
    }

    @Test("a value that is cut short or has bytes to spare is refused at every length")
    func otherLengths() throws {
        let value = Self.value(3_000, random: 500)
        let stored = try #require(Self.compress(value))
        for count in 0..<stored.count {
            let error: CompressionError = count <= 4 ? .cutShort : .corrupt
            let outcome = Self.decompress(Array(stored[..<count]))
            let isRefused =
                outcome == .failure(error) || (count < 30 && outcome == .failure(.tooLarge))
            #expect(isRefused, "\(count): \(outcome)")
        }
        #expect(Self.decompress(stored + [0]) == .failure(.corrupt))
    }

    @Test("random bytes are never more than they say, and write nowhere else")
    func randomBlocks() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var stored = Self.randomBytes(Int.random(in: 5...200, using: &random))
            let plain = UInt16.random(in: 1...2_000, using: &random)
            stored.replaceSubrange(0..<4, with: [UInt8(plain & 255), UInt8(plain >> 8), 0, 0])
            guard case .success(let value) = Self.decompress(stored) else { continue }
            #expect(value.count == Int(plain))
        }
    }

    @Test("a block with a byte that was changed is refused or has the size that it said")
    func changedBlocks() throws {
        let value = (0..<1_500).map { UInt8($0 & 127) } + Self.randomBytes(100)
        let stored = try #require(Self.compress(value))
        for index in 4..<stored.count {
            for change: UInt8 in [1, 0x10, 0x80, 0xFF] {
                var changed = stored
                changed[index] ^= change
                guard case .success(let other) = Self.decompress(changed) else { continue }
                #expect(other.count == value.count)
            }
        }
    }
}
