// Tests the keyed hash against the published vectors.

import Testing

@testable import CacheEngine

@Suite struct SipHashTests {
    private let hash = SipHash(seed: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))

    @Test("SipHash-2-4 gives the reference vectors")
    func sipHash24() {
        for (count, expected) in SipHashVectorTable.sipHash24.enumerated() {
            let input = (0..<count).map { UInt8($0) }
            let found = input.withUnsafeBytes {
                hash.hash($0, compressionRounds: 2, finalizationRounds: 4)
            }
            #expect(found == expected, "input of \(count) bytes")
        }
    }

    @Test("The table's hash is SipHash-1-3")
    func sipHash13() {
        for (count, expected) in SipHashVectorTable.sipHash13.enumerated() {
            let input = (0..<count).map { UInt8($0) }
            #expect(input.withUnsafeBytes { hash.hash($0) } == expected, "\(count) bytes")
        }
    }

    @Test("Another seed gives another hash")
    func seed() {
        let input = Array("user:1".utf8)
        let other = SipHash(seed: (1, 2))
        #expect(input.withUnsafeBytes { hash.hash($0) != other.hash($0) })
    }
}
