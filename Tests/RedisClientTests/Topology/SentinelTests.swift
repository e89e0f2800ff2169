// Holds a pool behind Sentinels to its promises, with real ones.

import NIOCore
import Testing

@testable import RedisClient

@Suite("Redis Sentinel", .realServers)
struct SentinelTests {
    private static func topology(_ sentinels: [RedisAddress]) -> RedisTopology {
        .sentinel(sentinels: sentinels, masterName: SentinelTrio.masterName, credentials: nil)
    }

    @Test("the master is found through one Sentinel of several, and a replica reads")
    func findsMaster() async throws {
        let trio = try await SentinelTrio()
        defer { trio.stop() }
        let nobody = RedisAddress.tcp(host: "127.0.0.1", port: try RedisServer.freePort())
        try await TestPool.with(Self.topology([nobody, trio.addresses[2]])) { test in
            let works = try await test.useAllPartitions("a")
            #expect(works)
            let shard = try #require(test.pool.shards.first)
            #expect(shard.id.name == SentinelTrio.masterName)
            #expect(shard.address == trio.servers[0].address)
            #expect(shard.partitions == .all)
            try await eventually {
                _ = try await test.get(1, readsReplica: true)
                return try trio.servers[1].cli("info", "commandstats").contains("cmdstat_get:")
            }
        }
    }

    @Test("a master is killed: the Sentinels name another, and calls wait and go on")
    func killedMaster() async throws {
        let trio = try await SentinelTrio()
        defer { trio.stop() }
        try await TestPool.with(Self.topology(trio.addresses)) { test in
            _ = try await test.set(1, "before")
            trio.servers[0].kill()
            _ = try await test.set(1, "after", within: .seconds(50))
            #expect(try await test.get(1, loop: 1, within: .seconds(50)) == "after")
            #expect(test.pool.shards.map(\.address) == [trio.servers[1].address])
            // How often it connects in vain meanwhile is the machine's affair.
            let own = test.events.filter { $0.shard != nil && !$0.isBreaker }.map(\.kind)
            #expect(own.first == "connected" && own.last == "connected")
            #expect(own.filter { $0 == "masterChanged" }.count == 1)
            #expect(own.contains("disconnected"))
        }
    }

    @Test("a switch that somebody asks for is followed while calls go on")
    func switchover() async throws {
        let trio = try await SentinelTrio()
        defer { trio.stop() }
        try await TestPool.with(Self.topology(trio.addresses)) { test in
            _ = try await test.set(1, "before")
            try await eventually {
                try trio.sentinels[0].cli("sentinel", "failover", SentinelTrio.masterName) == "OK"
            }
            try await eventually {
                _ = try await test.set(1, "during", within: .seconds(50))
                return test.pool.shards.first?.address == trio.servers[1].address
            }
            #expect(try await test.set(2, "after").replyText == "OK")
            #expect(try await test.get(2, loop: 1) == "after")
        }
    }
}
