// Holds a pool on Redis Cluster to its promises, with a real cluster.

import NIOCore
import Testing

@testable import RedisClient

@Suite("Redis Cluster", .realServers)
struct ClusterTests {
    @Test("partitions are written and read on all masters, and the cluster tells of itself")
    func allPartitions() async throws {
        let cluster = try await RedisCluster()
        defer { cluster.stop() }
        try await TestPool.with(.cluster(seeds: [cluster.nodes[4].address])) { test in
            let works = try await test.useAllPartitions("a")
            #expect(works)
            let shards = test.pool.shards
            #expect(shards.count == 3)
            #expect(shards.allSatisfy { $0.replicas.count == 1 && $0.state == .up })
            #expect(shards.reduce(0) { $0 + $1.partitions.count } == 256)
            #expect(test.events.allSatisfy { $0.kind == "connected" })
            let statistics = await test.pool.statistics()
            #expect(statistics.cluster?.state == "ok")
            #expect(statistics.cluster?.slotsOK == 16_384)
            #expect(statistics.cluster?.knownNodes == 6)
            #expect(statistics.cluster?.healthyNodes == 6)
            #expect(statistics.shards.allSatisfy { $0.role == "master" })
            #expect(statistics.shards.allSatisfy { $0.counters.redirects == 0 })
        }
    }

    @Test("reads go to replicas where they may")
    func readsReplicas() async throws {
        let cluster = try await RedisCluster()
        defer { cluster.stop() }
        try await TestPool.with(.cluster(seeds: cluster.seeds)) { test in
            _ = try await test.useAllPartitions("a")
            let replicas = cluster.nodes.filter { node in
                test.pool.shards.contains { $0.replicas.contains(node.address) }
            }
            #expect(replicas.count == 3)
            for replica in replicas {
                try await eventually {
                    for partition in 0..<256 {
                        _ = try await test.get(partition, readsReplica: true)
                    }
                    return try replica.cli("info", "commandstats").contains("cmdstat_get:")
                }
            }
        }
    }

    @Test("a slot is moved while commands run, without an error")
    func reshard() async throws {
        let cluster = try await RedisCluster(replicas: 0)
        defer { cluster.stop() }
        try await TestPool.with(.cluster(seeds: cluster.seeds)) { test in
            _ = try await test.useAllPartitions("a")
            let from = try cluster.master(of: 0)
            let to = try #require(cluster.nodes.first { $0 !== from })
            let before = try #require(test.pool.shards.first { $0.address == from.address })
            try await TestLoad.run(on: test) {
                try cluster.reshard(5_000, from: from, to: to)
            }
            try await eventually {
                let after = test.pool.shards.first { $0.address == from.address }
                return (after?.partitions.count ?? 0) < before.partitions.count / 2
            }
            let works = try await test.useAllPartitions("b")
            #expect(works)
            #expect(test.events.contains { $0.kind == "topologyChanged" })
            #expect(!test.events.contains { $0.isBreaker })
            let redirects = await test.pool.statistics().shards.map(\.counters.redirects)
            #expect(redirects.reduce(0, +) > 0)
        }
    }

    @Test("keys of a slot that is on the move are found on both sides, by ASK")
    func asks() async throws {
        let cluster = try await RedisCluster(replicas: 0)
        defer { cluster.stop() }
        try await TestPool.with(.cluster(seeds: cluster.seeds)) { test in
            _ = try await test.set(7, "old")
            let from = try cluster.master(of: 7)
            let to = try #require(cluster.nodes.first { $0 !== from })
            let slot = "\(ClusterSlot.ofPartition[7])"
            try to.cli("cluster", "setslot", slot, "importing", try cluster.id(of: from))
            try from.cli("cluster", "setslot", slot, "migrating", try cluster.id(of: to))
            // Still there, and then: not yet there, no longer here.
            #expect(try await test.get(7) == "old")
            try from.cli("migrate", "127.0.0.1", "\(to.port)", "cm:{7}:k", "0", "5000")
            #expect(try await test.get(7) == "old")
            _ = try await test.set(7, "new")
            #expect(try await test.get(7, loop: 1) == "new")
            for node in [to, from] {
                try node.cli("cluster", "setslot", slot, "node", try cluster.id(of: to))
            }
            #expect(try await test.get(7) == "new")
            try await eventually {
                test.pool.shards.contains {
                    $0.address == to.address && $0.partitions.contains(7)
                }
            }
        }
    }

    @Test("a master is killed: its replica takes over, and calls wait and go on")
    func killedMaster() async throws {
        let cluster = try await RedisCluster()
        defer { cluster.stop() }
        try await TestPool.with(.cluster(seeds: cluster.seeds)) { test in
            _ = try await test.useAllPartitions("a")
            let victim = try cluster.master(of: 3)
            let shard = try #require(test.pool.shards.first { $0.address == victim.address })
            victim.kill()
            // Within its deadline a call does not notice.
            _ = try await test.set(3, "after", within: .seconds(50))
            #expect(try await test.get(3, loop: 1, within: .seconds(50)) == "after")
            let works = try await test.useAllPartitions("b")
            #expect(works)
            let now = try #require(test.pool.shards.first { $0.id == shard.id })
            #expect(shard.replicas == [now.address])
            let own = test.events.filter { $0.shard == shard.id.name && !$0.isBreaker }
            #expect(
                own.map(\.kind) == ["connected", "disconnected", "masterChanged", "connected"])
        }
    }

    @Test("a master hangs: its replica takes over, and calls go on")
    func hangingMaster() async throws {
        let cluster = try await RedisCluster()
        defer { cluster.stop() }
        try await TestPool.with(
            .cluster(seeds: cluster.seeds), { $0.commandTimeout = .seconds(1) }
        ) { test in
            _ = try await test.useAllPartitions("a")
            let victim = try cluster.master(of: 3)
            let others = try #require(test.pool.shards.first { $0.address != victim.address })
            let other = try #require(others.partitions.partitions.first)
            victim.pause()
            try await eventually {
                let isOtherWell = try await test.get(other) == "a-\(other)"
                #expect(isOtherWell)
                return try await test.failure(
                    RedisCommand("SET", "cm:{3}:k", "after"), partition: 3,
                    within: .seconds(1)) == nil
            }
            #expect(try await test.get(3, loop: 1) == "after")
            #expect(!test.pool.shards.contains { $0.address == victim.address })
        }
    }

    @Test("a cluster whose seeds are down is told once, and found when they come")
    func lateSeeds() async throws {
        let cluster = try await RedisCluster(replicas: 0)
        defer { cluster.stop() }
        cluster.nodes.forEach { $0.kill() }
        try await TestPool.with(.cluster(seeds: cluster.seeds)) { test in
            try await eventually { test.events.map(\.kind) == ["discoveryFailed"] }
            let error = try await test.failure(RedisCommand("PING"), partition: 0)
            #expect(error?.code == .noShard)
            for node in cluster.nodes { try node.restart() }
            try await eventually {
                try await test.failure(RedisCommand("PING"), partition: 0) == nil
            }
            let works = try await test.useAllPartitions("a")
            #expect(works)
            #expect(test.events.count { $0.kind == "discoveryFailed" } == 1)
        }
    }
}
