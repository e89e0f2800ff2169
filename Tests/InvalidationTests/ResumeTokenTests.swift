// Resume tokens: what goes in comes out, and nothing else.

import Testing

@testable import Invalidation

@Suite("A resume token")
struct ResumeTokenTests {
    private static func positions() -> [Position] {
        var random = SeededGenerator(seed: 3)
        let count = Partitioning.count
        var revisions: [[UInt64]] = [
            .init(repeating: 0, count: count), .init(repeating: .max, count: count),
            (0..<count).map { UInt64($0) },
        ]
        for bits in [1, 7, 20, 33, 63, 64] as [UInt64] {
            revisions.append((0..<count).map { _ in random.next() >> (64 - bits) })
        }
        // Those of several pools.
        revisions += [2, 8].map { pools in (0..<pools * count).map { UInt64($0 * $0) } }
        var outlier = [UInt64](repeating: 1_000_000, count: count)
        outlier[77] = .max
        revisions.append(outlier)
        return revisions.map { Position(epoch: random.next(), revisions: $0) }
    }

    private func decode(_ bytes: [UInt8]) throws -> Position {
        try bytes.withUnsafeBytes { try ResumeToken.decode($0) }
    }

    @Test("brings the position back", arguments: positions())
    func roundTrip(position: Position) throws {
        let token = ResumeToken.encode(position)
        #expect(token.count <= ResumeToken.maxBytes)
        #expect(try decode(token) == position)
    }

    @Test("is short when the partitions are alike")
    func size() {
        var revisions = [UInt64](repeating: 5_000_000, count: Partitioning.count)
        #expect(ResumeToken.encode(Position(epoch: 1, revisions: revisions)).count == 37)
        var random = SeededGenerator(seed: 4)
        for index in revisions.indices { revisions[index] += random.next() % 1_000 }
        #expect(ResumeToken.encode(Position(epoch: 1, revisions: revisions)).count < 360)
    }

    @Test("is refused when it is cut anywhere, or longer than it was")
    func truncation() {
        for position in Self.positions() {
            let token = ResumeToken.encode(position)
            for count in 0..<token.count {
                #expect(throws: ResumeTokenError.self) { try decode(Array(token.prefix(count))) }
            }
            #expect(throws: ResumeTokenError(reason: .malformed)) { try decode(token + [0]) }
        }
    }

    @Test("is refused when any bit is another")
    func bitFlips() {
        for position in Self.positions() {
            var token = ResumeToken.encode(position)
            for index in token.indices {
                for bit in 0..<8 {
                    token[index] ^= 1 << UInt8(bit)
                    #expect(throws: ResumeTokenError.self) { try decode(token) }
                    token[index] ^= 1 << UInt8(bit)
                }
            }
        }
    }

    @Test("with a right checksum over nonsense is refused")
    func forged() {
        let header: [UInt8] = [1] + .init(repeating: 0xFF, count: 16)
        let bodies: [[UInt8]] = [
            [], [65], [64], .init(repeating: 0, count: 15), .init(repeating: 0, count: 17),
            // The base is the largest number there is: one more is none.
            [1, 0xFF, 0xFF] + .init(repeating: 0, count: 15),
        ]
        for body in bodies {
            let unsigned = header + body
            let hash = unsigned.withUnsafeBytes { XXHash64.hash($0) }
            let token = unsigned + (0..<4).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) }
            #expect(throws: ResumeTokenError(reason: .malformed)) { try decode(token) }
        }
    }

    @Test("of a number of partitions that no deployment has is refused")
    func otherCounts() {
        for blocks in [0, 1, 15, 17, 31, 129, 144] {
            let unsigned = [1] + [UInt8](repeating: 0, count: 16 + blocks)
            let hash = unsigned.withUnsafeBytes { XXHash64.hash($0) }
            let token = unsigned + (0..<4).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) }
            #expect(throws: ResumeTokenError(reason: .malformed)) { try decode(token) }
        }
    }

    @Test("of another format says so")
    func otherVersion() {
        #expect(throws: ResumeTokenError(reason: .unknownVersion)) { try decode([2, 0, 0]) }
        #expect(throws: ResumeTokenError(reason: .malformed)) { try decode([]) }
        let long = [UInt8](repeating: 1, count: ResumeToken.maxBytes + 1)
        #expect(throws: ResumeTokenError(reason: .malformed)) { try decode(long) }
    }
}
