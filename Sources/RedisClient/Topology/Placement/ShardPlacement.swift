// Which of several independent servers has a partition; pure functions, any thread.

import Invalidation

/// Weighted rendezvous hashing (D. Thaler and C. Ravishankar, 1998; weights by the logarithm
/// method): a partition belongs to the shard with the least `-log2(h) / weight`, where `h` is a
/// hash of both names, in (0, 1). A new shard takes partitions from the others and moves none
/// between them.
///
/// Every process has to come to the same result, so the logarithm is computed in whole numbers.
enum ShardPlacement {
    private static let fractionBits: UInt64 = 32

    /// The shard of each partition, as an index into `shards`, which has at least one.
    static func owners(_ shards: [RedisShardConfiguration]) -> [Int] {
        (0..<Partitioning.count).map { partition in
            shards.indices.min { left, right in
                precedes(shards[left], shards[right], partition)
            } ?? 0
        }
    }

    private static func precedes(
        _ left: RedisShardConfiguration, _ right: RedisShardConfiguration, _ partition: Int
    ) -> Bool {
        // cost / weight compared crosswise; both products are exact in 128 bits.
        let cost = (distance(left.name, partition), distance(right.name, partition))
        let products = (
            cost.0.multipliedFullWidth(by: UInt64(max(right.weight, 1))),
            cost.1.multipliedFullWidth(by: UInt64(max(left.weight, 1)))
        )
        if products.0 == products.1 { return left.name < right.name }
        return products.0 < products.1
    }

    private static func distance(_ name: String, _ partition: Int) -> UInt64 {
        let hash = (Array(name.utf8) + [0, UInt8(partition)]).withUnsafeBytes(Partitioning.hash)
        return (64 << fractionBits) - log2(hash | 1)
    }

    /// The logarithm of `number` in units of 2^-32, rounded down: the fraction by repeated
    /// squaring of the mantissa, a bit each.
    static func log2(_ number: UInt64) -> UInt64 {
        let whole = UInt64(63 - number.leadingZeroBitCount)
        // The mantissa, from 1 up to 2, with 63 bits behind the point.
        var mantissa = number << UInt64(number.leadingZeroBitCount)
        var result = whole
        for _ in 0..<fractionBits {
            let square = mantissa.multipliedFullWidth(by: mantissa).high
            // `square` is from 1 up to 4 with 62 bits behind the point.
            let bit = square >> 63
            mantissa = bit == 1 ? square : square << 1
            result = result << 1 | bit
        }
        return result
    }
}
