// What instances must agree on, as servers remember it, and that nobody is served before.

import NIOCore
import Testing

@testable import RedisClient

@Suite(.realServers) struct DeploymentTests {
    private static let mark = "cm:deployment"

    private static func shards(_ servers: [(RedisServer, String)]) -> RedisTopology {
        .shards(servers.map { RedisShardConfiguration(name: $1, address: $0.address) })
    }

    /// Why a pool on these servers finds one of them incompatible.
    private func refusal(_ servers: [(RedisServer, String)]) async throws -> String {
        var sentence = ""
        try await TestPool.with(Self.shards(servers)) { test in
            try await eventually { test.events.contains { $0.kind == "incompatible" } }
            for case .incompatible(_, let error) in test.events { sentence = error.description }
        }
        return sentence
    }

    @Test func aServerOfNobodyBecomesOursAndStaysSo() async throws {
        try await TestStore.with { test in
            let held = try await test.command("HGETALL", Self.mark)
            #expect(held.replyFields == ["format": "1", "partitions": "256"])
            try await test.prepare()
            try await test.prepare()
            // The scripts are there before the first change.
            try await test.set("k")
            #expect(test.store.statistics.scriptLoads == 0)
        }
    }

    @Test func anotherNumberOfPartitionsIsRefusedWithBothNumbers() async throws {
        let server = try RedisServer()
        try server.cli("HSET", Self.mark, "format", "1", "partitions", "1024")
        let sentence = try await refusal([(server, "s0")])
        for part in ["'cm:'", "1024", "256", "prefix", "'cm:deployment'", "127.0.0.1"] {
            #expect(sentence.contains(part), "\(sentence)")
        }
        try server.cli("HSET", Self.mark, "format", "9", "partitions", "256")
        #expect(try await refusal([(server, "s0")]).contains("format 9"))
    }

    /// Calls and feeds that are there before the first connection, on every loop.
    @Test func nothingIsSentToAForeignServerAndItIsToldOnce() async throws {
        let server = try RedisServer()
        try server.cli("HSET", Self.mark, "partitions", "64")
        try await TestPool.with(Self.shards([(server, "s0")])) { test in
            try await withThrowingTaskGroup { calls in
                for partition in 0..<64 {
                    calls.addTask {
                        let command = RedisCommand("SET", "cm:{\(partition)}:k", "v")
                        let error = try await test.failure(
                            command, partition: partition, loop: partition % 2)
                        #expect(error?.code == .incompatible, "\(error as Any)")
                    }
                }
                try await calls.waitForAll()
            }
            // It is tried again and again, by two loops.
            try await eventually { try server.number("total_connections_received") > 12 }
            let kinds = test.events.filter { !$0.isBreaker }.map(\.kind)
            #expect(kinds == ["incompatible"])
            #expect(test.pool.shards.map(\.state) == [.down])
            #expect(try server.cli("keys", "*") == Self.mark)
            // Once it is nobody's it is ours.
            try server.cli("flushall")
            try await eventually {
                try await test.failure(RedisCommand("PING"), partition: 1) == nil
            }
            #expect(try server.cli("hget", Self.mark, "partitions") == "256")
        }
    }

    @Test func aFeedAdoptsNothingOnAForeignServer() async throws {
        let server = try RedisServer()
        try server.cli("HSET", Self.mark, "partitions", "64")
        try await FeedStage.with(.single(server)) { stage in
            try await stage.feed(FeedWitness()) { feed in
                try await eventually {
                    await feed.statistics().shards.first?.problem?.code == .incompatible
                }
                #expect(try server.cli("keys", "*") == Self.mark)
            }
        }
    }

    @Test func aServerThatComesBackAsAnotherOneIsNotUsed() async throws {
        let server = try RedisServer()
        try await TestPool.with(Self.shards([(server, "s0")])) { test in
            _ = try await test.set(1, "v")
            try server.cli("HSET", Self.mark, "partitions", "64")
            try server.cli("SAVE")
            try server.restart()
            try await eventually { test.events.contains { $0.kind == "incompatible" } }
            let error = try await test.failure(RedisCommand("PING"), partition: 1)
            #expect(error?.code == .incompatible, "\(error as Any)")
            let kinds = test.events.filter { !$0.isBreaker }.map(\.kind)
            #expect(kinds == ["connected", "disconnected", "incompatible"])
        }
    }

    @Test func aServerThatIsListedTwiceIsFound() async throws {
        let server = try RedisServer()
        let sentence = try await refusal([(server, "a"), (server, "b")])
        #expect(sentence.contains("shard a") && sentence.contains("has b"), "\(sentence)")
        #expect(sentence.contains("once"))
    }

    @Test func aShardThatWasRenamedIsRefused() async throws {
        let servers = [try RedisServer(), try RedisServer()]
        try await TestStore.with(TestStore(servers, names: ["a", "b"])) { _ in }
        let sentence = try await refusal([(servers[0], "a"), (servers[1], "c")])
        #expect(sentence.contains("shard b") && sentence.contains("has c"), "\(sentence)")
        // A single server may be called anything: nothing is placed by its name.
        try await TestStore.with(TestStore([servers[0]], names: ["z"])) { try await $0.set("k") }
    }

    @Test func whatIsThereInsteadIsRefused() async throws {
        let server = try RedisServer()
        try server.cli("SET", Self.mark, "x")
        let sentence = try await refusal([(server, "s0")])
        #expect(sentence.contains("'cm:deployment'") && sentence.contains("prefix"), "\(sentence)")
    }

    @Test func aReplicaIsNoShard() async throws {
        let master = try RedisServer(["repl-diskless-sync-delay 0"])
        let replica = try RedisServer(["replicaof 127.0.0.1 \(master.port)"])
        try await TestPool.with(Self.shards([(replica, "s0")])) { test in
            let error = try await test.failure(RedisCommand("PING"), partition: 1)
            #expect(error?.code == .connectFailed)
            #expect(error?.description.contains("is a replica") == true, "\(error as Any)")
            #expect(test.events.filter { !$0.isBreaker }.map(\.kind) == ["disconnected"])
            try replica.cli("replicaof", "no", "one")
            try await eventually {
                try await test.failure(RedisCommand("PING"), partition: 1) == nil
            }
        }
    }

    @Test(arguments: [
        ("cm:", true), ("", true), ("a b/", true), ("{a}", false), ("a}", false), ("a\n", false),
    ])
    func aPrefixHasNeitherBracesNorControlCharacters(prefix: String, isPrefix: Bool) {
        #expect(StoreLayout.isPrefix(prefix) == isPrefix)
    }

    @Test func storesOfTwoPrefixesDoNotMeet() async throws {
        try await TestStore.with { one in
            let two = try await TestStore(one.servers, prefix: "c[m]*:")
            try await TestStore.with(two) { two in
                try await one.set("k", "one")
                try await two.set("k", "two")
                #expect(try await one.text("k") == "one")
                #expect(
                    try await two.store.removeAll(
                        .everything, on: two.router, deadline: two.deadline) == 1)
                #expect(try await one.text("k") == "one")
                #expect(try await two.text("k") == nil)
            }
        }
    }
}

extension TestStore {
    /// Prepares every shard.
    func prepare() async throws {
        for shard in pool.shards {
            try await store.prepare(shard.id, on: router, deadline: deadline)
        }
    }
}

extension RedisServer {
    /// A number of INFO.
    func number(_ name: String) throws -> Int {
        RedisServerInfo(try cli("info")).number(name) ?? 0
    }
}
