// Holds a pool of independent servers to its promises, with real servers.

import CacheEngine
import NIOCore
import Testing

@testable import RedisClient

@Suite("Independent servers", .realServers)
struct IndependentServersTests {
    private static func shards(_ servers: [RedisServer]) -> RedisTopology {
        .shards(
            servers.enumerated().map { index, server in
                RedisShardConfiguration(name: "s\(index)", address: server.address)
            })
    }

    @Test("one server has all partitions")
    func oneServer() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        try await TestPool.with(Self.shards([server])) { test in
            #expect(try await test.useAllPartitions("a"))
            let shards = test.pool.shards
            #expect(shards.map(\.id.name) == ["s0"])
            #expect(shards[0].partitions == .all)
            #expect(shards[0].state == .up)
            #expect(shards[0].breaker == .closed)
            #expect(test.events == [.connected(RedisShardID("s0"), server.address)])
            let statistics = await test.pool.statistics()
            let shard = try #require(statistics.shards.first)
            #expect(shard.connections == 2)
            #expect(shard.counters.calls >= 512)
            #expect(shard.counters.errors == 0)
            #expect(shard.counters.bytesSent > 10_000)
            #expect(shard.counters.bytesReceived > 2_000)
            #expect(shard.latency.count > 30)
            #expect(shard.role == "master")
            #expect(shard.server?.version?.hasPrefix("7.") == true)
            #expect(statistics.cluster == nil)
        }
    }

    @Test("a killed shard fails at once and alone, and comes back by itself")
    func killedShard() async throws {
        let servers = try (0..<3).map { _ in try RedisServer() }
        defer { servers.forEach { $0.stop() } }
        try await TestPool.with(Self.shards(servers)) { test in
            #expect(try await test.useAllPartitions("a"))
            let sizes = test.pool.shards.map(\.partitions.count)
            #expect(sizes.reduce(0, +) == 256)
            #expect(sizes.allSatisfy { $0 > 40 }, "\(sizes)")
            for (shard, server) in zip(test.pool.shards, servers) {
                // A key for each, and the mark of the deployment.
                #expect(try server.cli("dbsize") == "\(shard.partitions.count + 1)")
            }

            let victim = test.pool.shards[1].partitions
            let lost = try #require(victim.partitions.first)
            servers[1].kill()
            try await eventually { test.pool.shards[1].state == .down }
            let began = ContinuousClock.now
            let error = try await test.failure(RedisCommand("GET", "cm:{0}:k"), partition: lost)
            #expect(error?.code == .connectFailed || error?.code == .breakerOpen)
            #expect(error?.shard == "s1")
            #expect(ContinuousClock.now - began < .seconds(5))
            for partition in 0..<256 where !victim.contains(partition) {
                #expect(try await test.get(partition) == "a-\(partition)")
            }

            try servers[1].restart()
            for loop in 0..<2 {
                try await eventually {
                    try await test.failure(RedisCommand("PING"), partition: lost, loop: loop) == nil
                }
            }
            #expect(try await test.useAllPartitions("b"))
            let own = test.events.filter { $0.shard == "s1" && !$0.isBreaker }
            #expect(own.map(\.kind) == ["connected", "disconnected", "connected"])
        }
    }

    @Test("the breaker of a server that hangs opens, refuses at once, and closes by itself")
    func hangingServer() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        try await TestPool.with(
            Self.shards([server]), loops: 1, { $0.commandTimeout = .milliseconds(300) }
        ) { test in
            _ = try await test.set(1, "v")
            server.pause()
            try await eventually {
                _ = try await test.failure(
                    RedisCommand("SET", "cm:{1}:k", "w"), partition: 1,
                    within: .milliseconds(150))
                return test.pool.shards[0].breaker != .closed
            }
            // While it probes it does not become closed: nobody answers.
            let error = try await test.failure(RedisCommand("GET", "cm:{1}:k"), partition: 1)
            #expect(error?.code == .breakerOpen)
            #expect(test.pool.shards[0].retryAfter != nil)
            server.resume()
            try await eventually { test.pool.shards[0].breaker == .closed }
            #expect(try await test.get(1) != nil)
            let states = test.events.compactMap(\.breakerState)
            #expect(states.first == .open)
            #expect(states.suffix(2) == [.halfOpen, .closed])
        }
    }

    @Test("calls that were too short on time do not open the breaker")
    func impatientCallers() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        try await TestPool.with(Self.shards([server]), loops: 1) { test in
            _ = try await test.set(1, "v")
            server.pause()
            for _ in 0..<30 {
                let error = try await test.failure(
                    RedisCommand("GET", "cm:{1}:k"), partition: 1, within: .milliseconds(1))
                #expect(error?.code == .timedOut)
            }
            server.resume()
            #expect(test.pool.shards[0].breaker == .closed)
            #expect(try await test.get(1) == "v")
        }
    }

    @Test("a wrong password is told once, and names what to do")
    func wrongPassword() async throws {
        let server = try RedisServer(["requirepass right"])
        defer { server.stop() }
        try await TestPool.with(
            Self.shards([server]), { $0.credentials = RedisCredentials(password: "wrong") }
        ) { test in
            try await eventually { test.pool.shards.first?.state == .down }
            let error = try await test.failure(RedisCommand("PING"), partition: 0)
            #expect(error?.code == .accessRefused)
            #expect(error?.description.contains("wrong") == false)
            #expect(test.events.map(\.kind) == ["accessRefused"])
        }
    }

    @Test(
        "an error of the server is a failure, NOSCRIPT is an answer, and neither opens the breaker")
    func serverErrors() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        try await TestPool.with(Self.shards([server])) { test in
            _ = try await test.set(1, "v")
            for _ in 0..<30 {
                let error = try await test.failure(
                    RedisCommand("INCR", "cm:{1}:k"), partition: 1)
                #expect(error?.code == .server)
                #expect(error?.description.contains("not an integer") == true)
            }
            let sha = String(repeating: "0", count: 40)
            let missing = try await test.send(
                RedisCommand("EVALSHA", sha, "0"), partition: 1)
            guard case .error(let error) = missing else {
                Issue.record("NOSCRIPT is no answer")
                return
            }
            #expect(error.code == "NOSCRIPT")
            #expect(test.pool.shards[0].breaker == .closed)
        }
    }

    @Test("a lost connection is made again, and what may be is sent again")
    func lostConnections() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        try await TestPool.with(Self.shards([server])) { test in
            let known = try server.cli("client", "list")
            try await TestLoad.run(on: test) {
                for _ in 0..<2 {
                    // One that is killed while it is being made is a failure.
                    try await eventually {
                        await test.pool.statistics().shards.first?.connections == 2
                    }
                    try server.cli("client", "kill", "type", "normal", "skipme", "yes")
                }
            }
            #expect(try await test.useAllPartitions("b"))
            #expect(try server.cli("client", "list") != known)
            let sent = await test.pool.statistics().shards[0].counters
            #expect(sent.errors == 0)
        }
    }

    @Test("loops share connections when the settings do not allow one each")
    func sharesConnections() async throws {
        let servers = try (0..<2).map { _ in try RedisServer() }
        defer { servers.forEach { $0.stop() } }
        try await TestPool.with(Self.shards(servers), loops: 3, { $0.maxConnections = 2 }) { test in
            let works = try await test.useAllPartitions("a")
            #expect(works)
            let statistics = await test.pool.statistics()
            #expect(statistics.shards.map(\.connections) == [1, 1])
        }
    }

    @Test("too few connections for the servers is a failure that names the setting")
    func tooFewConnections() async throws {
        let servers = try (0..<2).map { _ in try RedisServer() }
        defer { servers.forEach { $0.stop() } }
        try await TestPool.with(Self.shards(servers), loops: 1, { $0.maxConnections = 1 }) { test in
            try await eventually { test.pool.shards.contains { $0.state == .down } }
            let down = try #require(test.pool.shards.first { $0.state == .down })
            let error = try await test.failure(
                RedisCommand("PING"), partition: try #require(down.partitions.partitions.first))
            #expect(error?.description.contains("REDIS_MAX_CONNECTIONS") == true)
        }
    }

    @Test("reads go to a replica where they may, and to the master when it is gone")
    func readsReplica() async throws {
        let master = try RedisServer(["repl-diskless-sync-delay 0"])
        let replica = try RedisServer(["replicaof 127.0.0.1 \(master.port)"])
        defer { [replica, master].forEach { $0.stop() } }
        try await eventually {
            try replica.cli("info", "replication").contains("master_link_status:up")
        }
        try await TestPool.with(Self.shards([master])) { test in
            _ = try await test.set(1, "v")
            let reads = { try replica.cli("info", "commandstats").contains("cmdstat_get:") }
            try await eventually {
                _ = try await test.get(1, readsReplica: true)
                return try reads()
            }
            #expect(test.pool.shards[0].replicas == [replica.address])
            replica.kill()
            #expect(try await test.get(1, readsReplica: true) == "v")
        }
    }

    @Test("a pool without a server starts, fails at once, and recovers when the server comes")
    func startsWithout() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        server.kill()
        try await TestPool.with(Self.shards([server])) { test in
            try await eventually { test.pool.shards.first?.state == .down }
            let error = try await test.failure(RedisCommand("PING"), partition: 0)
            #expect(error?.code == .connectFailed)
            try server.restart()
            try await eventually {
                try await test.failure(RedisCommand("PING"), partition: 0) == nil
            }
            let kinds = test.events.filter { !$0.isBreaker }.map(\.kind)
            #expect(kinds == ["disconnected", "connected"])
        }
    }

    @Test("after its shutdown a pool refuses")
    func shutdown() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let test = try TestPool(Self.shards([server]))
        _ = try await test.set(1, "v")
        await test.pool.shutdown()
        let error = try await test.failure(RedisCommand("PING"), partition: 0)
        #expect(error?.code == .closed)
    }
}
