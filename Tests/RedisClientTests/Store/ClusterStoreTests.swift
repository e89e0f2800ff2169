// The store on a cluster, where what a command names must share a slot.

import CacheEngine
import Invalidation
import NIOCore
import Testing

@testable import RedisClient

@Suite(.realServers) struct ClusterStoreTests {
    private static let count = 600

    private static func with(
        _ body: (TestStore, RedisCluster) async throws -> Void
    ) async throws {
        let cluster = try await RedisCluster(masters: 3, replicas: 0)
        defer { cluster.stop() }
        try await TestStore.with(TestStore(cluster, masters: 3)) { try await body($0, cluster) }
    }

    private static func fill(_ test: TestStore) async throws {
        for index in 0..<count {
            try await test.set("user:\(index)", tags: index % 3 == 0 ? ["third"] : [])
        }
    }

    private static func keys(_ test: TestStore) async throws -> [String] {
        var keys: [String] = []
        var cursor: StoreCursor?
        repeat {
            let page = try await test.store.keys(
                after: cursor, limit: 100, matching: Glob("*"), on: test.router,
                deadline: test.deadline)
            keys += page.keys.map { String(decoding: $0, as: UTF8.self) }
            cursor = page.next
        } while cursor != nil
        return keys
    }

    @Test func everyOperationWorksOnEveryMaster() async throws {
        try await Self.with { test, _ in
            try await test.prepare()
            try await test.prepare()
            try await Self.fill(test)
            #expect(test.store.statistics.scriptLoads == 0)
            let listed = try await Self.keys(test)
            #expect(Set(listed).count == Self.count)
            for index in 0..<20 {
                let key = "user:\(index)"
                let touched = try #require(try await test.touch(key, ttl: .seconds(60))).version
                #expect(try await test.get(key)?.version == touched)
                let lease = try #require(try await test.lease(key))
                let filled = try await test.version(key, "new", lease: lease)
                #expect(filled == touched + 1)
                let deleted = try await test.delete(key, ifVersion: filled)
                #expect(deleted.deleted && deleted.version == filled + 1)
                #expect(try await test.invalidate(key).version == filled + 2)
            }
            let tagged = try await test.store.removeAll(
                .tag(Array("third".utf8)), on: test.router, deadline: test.deadline)
            #expect(tagged == (20..<Self.count).count { $0 % 3 == 0 })
            let matching = try await test.store.removeAll(
                .pattern(Glob("user:1*")), on: test.router, deadline: test.deadline)
            let expected = (20..<Self.count).count { $0 % 3 != 0 && "\($0)".hasPrefix("1") }
            #expect(matching == expected)
            let rest = try await test.store.removeAll(
                .everything, on: test.router, deadline: test.deadline)
            #expect(tagged + matching + rest == Self.count - 20)
            #expect(try await Self.keys(test).isEmpty)
        }
    }

    @Test func slotsThatMoveLoseNoWriteAndNoKey() async throws {
        try await Self.with { test, cluster in
            try await Self.fill(test)
            async let moved: Void = Self.reshard(cluster)
            for round in 0..<3 {
                for index in 0..<Self.count {
                    let version = try await test.version("user:\(index)", "\(round)")
                    #expect(try await test.get("user:\(index)")?.version ?? 0 >= version)
                }
            }
            try await moved
            // Whether or not we know yet where the slots are.
            let listed = try await Self.keys(test)
            #expect(Set(listed).count == Self.count)
        }
    }

    @Test func aRemovalFindsWhatMovesMeanwhile() async throws {
        try await Self.with { test, cluster in
            async let moved: Void = Self.reshard(cluster)
            for round in 0..<10 {
                for index in 0..<Self.count { try await test.set("\(round):\(index)") }
                let removed = try await test.store.removeAll(
                    .pattern(Glob("\(round):*")), on: test.router, deadline: test.deadline)
                #expect(removed == Self.count)
                for index in 0..<Self.count {
                    let left = try await test.get("\(round):\(index)")
                    #expect(left == nil)
                }
            }
            try await moved
            _ = try await test.store.removeAll(
                .everything, on: test.router, deadline: test.deadline)
            let listed = try await Self.keys(test)
            #expect(listed.isEmpty)
        }
    }

    private static func reshard(_ cluster: RedisCluster) async throws {
        try await Task.detached {
            try cluster.reshard(3_000, from: cluster.nodes[0], to: cluster.nodes[1])
        }.value
    }

    @Test func nothingIsSentToAForeignCluster() async throws {
        let cluster = try await RedisCluster(masters: 3, replicas: 0)
        defer { cluster.stop() }
        let key = "cm:{0}:deployment"
        try cluster.master(of: 0).cli("HSET", key, "format", "1", "partitions", "64")
        try await TestPool.with(.cluster(seeds: cluster.seeds)) { test in
            for partition in 0..<256 {
                let error = try await test.failure(
                    RedisCommand("SET", "cm:{\(partition)}:k", "v"), partition: partition)
                #expect(error?.code == .incompatible, "\(error as Any)")
            }
            #expect(test.events.map(\.kind) == ["discoveryFailed"])
            let keys = try cluster.nodes.map { try $0.cli("keys", "*") }.filter { !$0.isEmpty }
            #expect(keys == [key])
            // Once it is nobody's it is ours.
            try cluster.master(of: 0).cli("DEL", key)
            try await eventually {
                try await test.failure(RedisCommand("PING"), partition: 1) == nil
            }
            #expect(try cluster.master(of: 0).cli("HGET", key, "partitions") == "256")
        }
    }

    /// The node that has the mark comes back with another: it is not used, the others are.
    @Test func aNodeThatComesBackWithAnotherMarkIsNotUsed() async throws {
        let cluster = try await RedisCluster(masters: 3, replicas: 0)
        defer { cluster.stop() }
        try await TestPool.with(.cluster(seeds: cluster.seeds)) { test in
            #expect(try await test.useAllPartitions("a"))
            let node = try cluster.master(of: 0)
            try node.cli("HSET", "cm:{0}:deployment", "partitions", "64")
            try node.cli("SAVE")
            try node.restart()
            try await eventually { test.events.contains { $0.kind == "incompatible" } }
            let error = try await test.failure(
                RedisCommand("PING"), partition: 0, within: .seconds(2))
            #expect(error?.code == .incompatible, "\(error as Any)")
        }
    }
}
