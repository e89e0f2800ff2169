// Holds the placement of partitions on independent servers to spread, stability and exactness.

import Foundation
import Testing

@testable import RedisClient

@Suite("The placement of partitions on shards")
struct ShardPlacementTests {
    private static func shards(_ weights: [Int]) -> [RedisShardConfiguration] {
        weights.enumerated().map { index, weight in
            RedisShardConfiguration(
                name: "cache-\(index)", address: .tcp(host: "h", port: 1), weight: weight)
        }
    }

    private static func counts(_ owners: [Int], _ shards: Int) -> [Int] {
        (0..<shards).map { shard in owners.count { $0 == shard } }
    }

    @Test("spreads partitions evenly over equal shards", arguments: [1, 2, 3, 5, 8])
    func spreadsEvenly(_ count: Int) {
        let counts = Self.counts(
            ShardPlacement.owners(Self.shards(Array(repeating: 1, count: count))), count)
        let fair = 256.0 / Double(count)
        for got in counts {
            #expect(abs(Double(got) - fair) < 4 * fair.squareRoot(), "\(counts)")
        }
        #expect(counts.reduce(0, +) == 256)
    }

    @Test("spreads partitions by weight")
    func spreadsByWeight() {
        let counts = Self.counts(ShardPlacement.owners(Self.shards([1, 2, 5])), 3)
        #expect((20...44).contains(counts[0]), "\(counts)")
        #expect((46...82).contains(counts[1]), "\(counts)")
        #expect((136...184).contains(counts[2]), "\(counts)")
    }

    @Test("moves partitions only to a shard that is added", arguments: [1, 3])
    func addsOne(_ weight: Int) {
        let before = ShardPlacement.owners(Self.shards([1, 2, 1]))
        let after = ShardPlacement.owners(Self.shards([1, 2, 1, weight]))
        let moved = zip(before, after).filter { $0 != $1 }
        #expect(moved.allSatisfy { $0.1 == 3 })
        #expect(moved.count > 20)
    }

    @Test("does not depend on the order of the shards")
    func ignoresOrder() {
        let shards = Self.shards([1, 2, 3])
        let names = ShardPlacement.owners(shards).map { shards[$0].name }
        let reversed = Array(shards.reversed())
        #expect(ShardPlacement.owners(reversed).map { reversed[$0].name } == names)
    }

    @Test("gives the same as ever: stored data depends on it")
    func isStable() {
        let owners = ShardPlacement.owners(Self.shards([1, 1, 2]))
        let text = owners.prefix(64).map(String.init).joined()
        #expect(text == "1222000222122201202100022202222100200211222212212220211222212212")
    }

    @Test("computes the logarithm to 32 bits behind the point")
    func logarithm() {
        #expect(ShardPlacement.log2(1) == 0)
        #expect(ShardPlacement.log2(1 << 63) == 63 << 32)
        for number in [3, 10, 12_345, 1 << 40 + 7, UInt64.max / 3] as [UInt64] {
            let exact = Foundation.log2(Double(number)) * 4_294_967_296
            #expect(abs(Double(ShardPlacement.log2(number)) - exact) < 64, "\(number)")
        }
    }
}
