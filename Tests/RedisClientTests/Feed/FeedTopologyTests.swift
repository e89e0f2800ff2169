// The feed of several servers: independent ones, a cluster, a master that Sentinels watch.

import Invalidation
import Testing

@testable import RedisClient

@Suite("The feed of several Redis servers", .realServers)
struct FeedTopologyTests {
    private func allBegun(_ witness: FeedWitness) async throws {
        try await eventually { witness.partitions.count == Partitioning.count }
    }

    /// Changes keys of every partition, and waits until all were told.
    private func changeEverywhere(
        _ stage: FeedStage, _ mark: String, _ witness: FeedWitness
    ) async throws {
        var written: [String: UInt64] = [:]
        for index in 0..<1_000 {
            let key = "\(mark):\(index)"
            written[key] = try await stage.change(key, loop: index % 2)
        }
        try await eventually {
            let told = witness.keys
            return written.allSatisfy { told[$0.key] == $0.value }
        }
    }

    @Test("goes on for the others when one of the independent servers stops")
    func shards() async throws {
        let servers = try (0..<3).map { _ in try RedisServer() }
        let topology = RedisTopology.shards(
            servers.enumerated().map {
                RedisShardConfiguration(name: "s\($0)", address: $1.address)
            })
        try await FeedStage.with(topology) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { feed in
                try await allBegun(witness)
                try await changeEverywhere(stage, "a", witness)
                let shards = await feed.statistics().shards
                #expect(shards.map(\.name) == ["s0", "s1", "s2"])
                #expect(shards.reduce(0) { $0 + $1.livePartitions } == Partitioning.count)
                servers[1].pause()
                try await eventually { witness.lostCount >= shards[1].partitions }
                let stopped = Set(
                    witness.partitions.filter { $0.value.isLost }.map(\.key))
                let others = (0..<100).map { "other:\($0)" }.filter {
                    !stopped.contains(FeedStage.partition(of: $0))
                }
                #expect(others.count > 10)
                for key in others { try await stage.change(key) }
                try await eventually { others.allSatisfy { witness.keys[$0] != nil } }
                servers[1].resume()
                try await eventually { witness.lostCount == 0 }
                try await changeEverywhere(stage, "b", witness)
                #expect(witness.resets == 0 && witness.violations == [])
            }
        }
    }

    @Test("follows the slots of a cluster")
    func cluster() async throws {
        let cluster = try await RedisCluster(replicas: 0)
        defer { cluster.stop() }
        try await FeedStage.with(.cluster(seeds: cluster.seeds)) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { feed in
                try await allBegun(witness)
                try await changeEverywhere(stage, "a", witness)
                let from = try cluster.master(of: 0)
                let to = try #require(cluster.nodes.first { $0 !== from })
                try cluster.reshard(5_000, from: from, to: to)
                let moved = try (0..<Partitioning.count).filter {
                    try cluster.master(of: $0) === to
                }
                #expect(moved.contains(0))
                try await eventually {
                    let shards = await feed.statistics().shards
                    return shards.allSatisfy { $0.state == .live }
                        && shards.contains { $0.partitions == moved.count }
                }
                try await changeEverywhere(stage, "b", witness)
                #expect(witness.lostCount == 0 && witness.violations == [])
                // What stayed where it was noticed nothing.
                let resets = witness.partitions.filter { !$0.value.resets.isEmpty }.map(\.key)
                #expect(Set(resets).isSubset(of: moved))
            }
        }
    }

    @Test("follows the master that Sentinels choose, and is reset by it")
    func sentinel() async throws {
        let trio = try await SentinelTrio()
        defer { trio.stop() }
        try await FeedStage.with(
            .sentinel(
                sentinels: trio.addresses, masterName: SentinelTrio.masterName, credentials: nil)
        ) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { _ in
                try await allBegun(witness)
                try await changeEverywhere(stage, "a", witness)
                trio.servers[0].kill()
                try await eventually { witness.lostCount == Partitioning.count }
                try await eventually { witness.lostCount == 0 }
                #expect(witness.resets == Partitioning.count)
                try await changeEverywhere(stage, "b", witness)
                #expect(witness.violations == [])
            }
        }
    }
}
