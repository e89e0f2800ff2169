// Changes of many keys, told to every shard.

import Invalidation
import NIOCore
import Testing

@testable import RedisClient

@Suite(.realServers) struct AnnouncementTests {
    private static let glob = "user:*"

    private static func announce(
        _ test: TestStore, _ pattern: String = glob, isForWatchers: Bool = true,
        deadline: NIODeadline? = nil
    ) async throws -> StoreAnnouncement {
        await test.store.announceEverywhere(
            .pattern(try Glob(pattern)), kind: .invalidate, test.change(), number: 5,
            isForWatchers: isForWatchers, on: test.router, deadline: deadline ?? test.deadline)
    }

    @Test("is told once by each server, and once to watchers", arguments: [true, false])
    func everywhere(isForWatchers: Bool) async throws {
        let servers = try (0..<3).map { _ in try RedisServer() }
        try await TestStore.with(TestStore(servers)) { test in
            let told = try await Self.announce(test, isForWatchers: isForWatchers)
            #expect(told.failure == nil && told.partitions.count == 3)
            let home = TestStore.partition(Self.glob)
            #expect(told.heard?.partition == (isForWatchers ? home : nil))
            for server in servers {
                let logs = try server.cli("keys", "cm:{*}:log").split(separator: "\n")
                #expect(logs.count == 1)
                let log = try #require(logs.first)
                let entry = try server.cli("xrange", String(log), "-", "+")
                #expect(entry.contains(Self.glob))
                #expect(told.partitions.contains { log == "cm:{\($0)}:log" })
                let isHome = log == "cm:{\(home)}:log"
                #expect(try server.cli("xlen", String(log)) == "1")
                let kind: Character? = isHome && isForWatchers ? "\u{1}" : "\u{5}"
                #expect(entry.split(separator: "\n").last?.dropFirst(2).first == kind)
            }
        }
    }

    @Test("is told by the servers that live, and by the others it is not said to be")
    func deadServer() async throws {
        let servers = try (0..<3).map { _ in try RedisServer() }
        try await TestStore.with(TestStore(servers)) { test in
            let home = TestStore.partition(Self.glob)
            let shard = try #require(test.pool.shards.first { $0.partitions.contains(home) })
            servers.first { $0.address == shard.address }?.kill()
            let told = try await Self.announce(test)
            #expect(told.heard == nil && told.partitions.count == 2)
            #expect(told.failure?.shard == shard.id.name)
            // Another one can tell watchers.
            let partition = try #require(told.partitions.first)
            let heard = try await test.store.announce(
                .everything, kind: .invalidate, test.change(), in: partition, on: test.router,
                deadline: test.deadline)
            #expect(heard.partition == partition)
        }
    }

    @Test("reaches the masters of a cluster whose slots have just moved", arguments: 0..<3)
    func movedSlots(from: Int) async throws {
        let cluster = try await RedisCluster(masters: 3, replicas: 0)
        defer { cluster.stop() }
        try await TestStore.with(TestStore(cluster, masters: 3)) { test in
            // The pool need not have heard of it: nobody has asked it for anything since.
            try cluster.reshard(
                2_000, from: cluster.nodes[from], to: cluster.nodes[(from + 1) % 3])
            let owners = try (0..<Partitioning.count).map { try cluster.master(of: $0).port }
            let before = test.pool.shards
            let names = (0..<200).map { "user:\($0)*" }
            // One whose partition is not where the pool looks for it.
            let moved = names.first { name in
                let partition = TestStore.partition(name)
                let shard = before.first { $0.partitions.contains(partition) }
                return shard.map { $0.address != .tcp(host: "127.0.0.1", port: owners[partition]) }
                    ?? true
            }
            let told = try await Self.announce(test, moved ?? names[0])
            #expect(told.failure == nil)
            #expect(Set(told.partitions.map { owners[$0] }) == Set(owners))
        }
    }
}

@Suite("Where an announcement is told") struct AnnouncementPlanTests {
    private static func shard(_ name: String, _ partitions: [Int]) -> RedisShardView {
        var set = RedisPartitionSet()
        for partition in partitions { set.insert(partition) }
        return RedisShardView(
            id: RedisShardID(name), address: .tcp(host: name, port: 1), replicas: [],
            partitions: set, state: .up, breaker: .closed, retryAfter: nil)
    }

    private static func words(_ places: [AnnouncementPlan.Place]) -> [String] {
        places.map { "\($0.shard) \($0.partition)" }
    }

    private let moved = RedisError(.noShard, "moved")

    @Test("each shard once, at home or behind it; a shard without partitions never")
    func places() {
        var plan = AnnouncementPlan(home: 7, isForWatchers: true)
        let shards = [
            Self.shard("a", [1, 7, 9]), Self.shard("b", [2, 8]), Self.shard("c", [3]),
            Self.shard("d", []),
        ]
        let places = plan.places(in: shards)
        #expect(Self.words(places) == ["a 7", "b 8", "c 3"])
        #expect(places.map { plan.isHeard(in: $0.partition) } == [true, false, false])
        for place in places { plan.take(.success(40), of: place) }
        #expect(plan.places(in: shards).isEmpty && !plan.hasMoves)
        #expect(plan.outcome.heard.map { $0 == (7, 40) } == true)
        #expect(plan.outcome.partitions == [7, 8, 3] && plan.outcome.failure == nil)
    }

    @Test("what has moved is tried elsewhere in its shard, and where it went")
    func moves() {
        var plan = AnnouncementPlan(home: 7, isForWatchers: true)
        let before = [Self.shard("a", [7, 9]), Self.shard("b", [8])]
        let places = plan.places(in: before)
        plan.take(.failure(moved), of: places[0])
        plan.take(.failure(moved), of: places[1])
        #expect(plan.hasMoves)
        #expect(Self.words(plan.places(in: before)) == ["a 9"])
        // No partition of one of them is where it was: who has them is not known yet.
        #expect(plan.hasMoves)
        #expect(plan.outcome(unfinishedIn: before).failure?.code == .noShard)
        let after = [Self.shard("a", [9]), Self.shard("b", []), Self.shard("c", [7, 8])]
        let next = plan.places(in: after)
        #expect(Self.words(next) == ["a 9", "c 7"] && !plan.hasMoves)
        for place in next { plan.take(.success(5), of: place) }
        #expect(plan.places(in: after).isEmpty && plan.outcome.failure == nil)
        #expect(plan.outcome.heard?.partition == 7)
    }

    @Test("a shard that comes meanwhile is told; one whose partition was told has it")
    func newShards() {
        var plan = AnnouncementPlan(home: 7, isForWatchers: false)
        let before = [Self.shard("a", [6, 7])]
        for place in plan.places(in: before) { plan.take(.success(5), of: place) }
        #expect(plan.outcome.heard == nil)
        let after = [Self.shard("a", [6]), Self.shard("b", [7])]
        #expect(Self.words(plan.places(in: after)) == ["a 6"])
    }

    @Test("a shard that fails is said to, and left out")
    func failures() {
        var plan = AnnouncementPlan(home: 7, isForWatchers: true)
        let shards = [Self.shard("a", [7]), Self.shard("b", [8])]
        let places = plan.places(in: shards)
        plan.take(.failure(RedisError(.timedOut, "late")), of: places[0])
        plan.take(.success(5), of: places[1])
        #expect(plan.places(in: shards).isEmpty && !plan.hasMoves)
        #expect(plan.outcome.failure?.code == .timedOut && plan.outcome.heard == nil)
        #expect(plan.outcome.partitions == [8])
        #expect(AnnouncementPlan(home: 7, isForWatchers: true).outcome.failure == nil)
        var empty = AnnouncementPlan(home: 7, isForWatchers: true)
        #expect(empty.places(in: []).isEmpty && empty.outcome.failure?.code == .noShard)
    }
}
