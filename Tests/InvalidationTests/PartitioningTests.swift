// Partitions: values that must never change.

import Testing

@testable import Invalidation

@Suite("The partition of a key")
struct PartitioningTests {
    @Test(
        "is made of XXH64 as published",
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B),
            ("abc", 0x44BC_2CF5_AD77_0999),
            ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
        ] as [(String, UInt64)])
    func published(text: String, hash: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { XXHash64.hash($0) } == hash)
    }

    @Test("is the same in every release")
    func golden() {
        let keys = ["user:1", "user:2", "vehicle_state:AV-001", "session:7f3a", "é", "a:b:c:d:e:f"]
        let partitions = keys.map { key in
            Array(key.utf8).withUnsafeBytes { Partitioning.partition(of: $0) }
        }
        #expect(partitions == [243, 10, 82, 165, 120, 105])
    }

    @Test("is spread evenly over similar keys")
    func spread() {
        var counts = [Int](repeating: 0, count: Partitioning.count)
        for number in 0..<25_600 {
            let key = Array("user:\(number)".utf8)
            counts[key.withUnsafeBytes { Partitioning.partition(of: $0) }] += 1
        }
        #expect(counts.allSatisfy { $0 > 50 && $0 < 160 })
    }
}
