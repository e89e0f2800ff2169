// Which slot of Redis Cluster a partition's keys are in; pure functions, any thread.

import Invalidation

/// Slots of Redis Cluster (https://redis.io/docs/reference/cluster-spec, key distribution).
enum ClusterSlot {
    /// How many slots there are.
    static let count = 16_384

    /// The slot of each partition: of the hash tag `{p}`, p in decimal digits.
    static let ofPartition: [Int] = (0..<Partitioning.count).map { slot(of: Array("\($0)".utf8)) }

    /// The slot of a hash tag.
    static func slot(of tag: some Sequence<UInt8>) -> Int { Int(crc16(tag)) % count }

    /// CRC-16/XMODEM: polynomial 0x1021, beginning with 0, not reflected.
    static func crc16(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { sum, byte in
            (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in
                sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021
            }
        }
    }
}
