// Invalidations of many keys while an instance does not hear one of the servers.

import CacheManagerClient
import Invalidation
import RedisClient
import Testing

@testable import CacheService

/// What is invalidated, and the partition in which watchers are told of it.
private struct Sample: Sendable, CustomTestStringConvertible {
    let selection: CacheClient.Selection
    let target: Invalidations.Change.Target
    let name: String

    static let all = [
        Sample(selection: .pattern("k*"), target: .pattern("k*"), name: "k*"),
        Sample(selection: .tag("t"), target: .tag("t"), name: "t"),
        Sample(selection: .everything, target: .everything, name: ""),
    ]

    var partition: Int { AnnouncementTests.partition(of: name) }
    var testDescription: String { "\(target)" }
}

@Suite(.realServers, .timeLimit(.minutes(5))) struct AnnouncementTests {
    private static let keys = (0..<60).map { "k\($0)" }

    fileprivate static func partition(of name: String) -> Int {
        Array(name.utf8).withUnsafeBytes { Partitioning.partition(of: $0) }
    }

    /// Two instances on three servers, the second with a way to one of them that can be cut.
    private static func withLink(
        toOwnerOf partition: Int,
        _ test: (TwoLevelInstance, TwoLevelInstance, ServerLink, RedisShardView) async throws ->
            Void
    ) async throws {
        let servers = try (0..<3).map { _ in try RedisServer() }
        let a = try await TwoLevelInstance.start([servers.map(\.address)])
        let shard = try #require(
            a.level.pools[0].servers.shards.first { $0.partitions.contains(partition) })
        let index = try #require(servers.firstIndex { $0.address == shard.address })
        let link = try await ServerLink.start(to: servers[index].port)
        var addresses = servers.map(\.address)
        addresses[index] = link.address
        let b = try await TwoLevelInstance.start([addresses]) { $0.maxStaleness = .seconds(3) }
        let result: Result<Void, any Error>
        do {
            result = .success(try await test(a, b, link, shard))
        } catch {
            result = .failure(error)
        }
        await a.stop()
        await b.stop()
        await link.stop()
        try result.get()
    }

    /// Has both instances hold all keys in memory, for longer than any test waits.
    private static func fill(_ a: TwoLevelInstance, _ b: TwoLevelInstance) async throws {
        for key in keys { try await a.cache.set(key, [1], ttl: .seconds(3_600), tags: ["t"]) }
        for key in keys {
            try await eventually { try await read(key, b)?.source == .l1 }
        }
    }

    /// An entry; nil also where nobody can tell whether there is one.
    private static func read(
        _ key: String, _ instance: TwoLevelInstance
    ) async throws -> CacheEntry? {
        do {
            return try await instance.cache.get(key)
        } catch  where error.code == .unavailable {
            return nil
        }
    }

    private static func isLive(_ instance: TwoLevelInstance) async -> Bool {
        await instance.level.feeds[0].statistics().shards.allSatisfy { $0.state == .live }
    }

    @Test("an instance that does not hear one server is told by the others", arguments: Sample.all)
    fileprivate func cutOff(sample: Sample) async throws {
        try await Self.withLink(toOwnerOf: sample.partition) { a, b, link, shard in
            try await Self.fill(a, b)
            var events = [a, b].map { $0.cache.watch().makeAsyncIterator() }
            for index in events.indices {
                while try await events[index].next()?.content != .state(.live(resumed: false)) {}
            }
            link.cut()
            try await eventually { await !Self.isLive(b) }
            let outcome = try await a.cache.invalidate(sample.selection)
            #expect(outcome.isComplete && outcome.invalidated == Self.keys.count)
            for key in Self.keys {
                let isCutOff = shard.partitions.contains(Self.partition(of: key))
                try await eventually {
                    try await (isCutOff ? Self.read(key, b) : b.cache.get(key)) == nil
                }
            }
            link.mend()
            try await eventually { await Self.isLive(b) }
            try await eventually { b.log.position().revisions == a.log.position().revisions }
            try await a.cache.delete("marker")
            for index in events.indices {
                var targets: [Invalidations.Change.Target] = []
                while targets.last != .key("marker"), let event = try await events[index].next() {
                    #expect(event.content != .reset(.historyLost))
                    if case .change(let change) = event.content { targets.append(change.target) }
                }
                #expect(targets == [sample.target, .key("marker")])
            }
            // What is stored anew is held again.
            try await Self.fill(a, b)
        }
    }

    @Test("who resumes behind an invalidation hears no copy of it")
    func resumption() async throws {
        try await withInstances(2, servers: 3) { instances, _ in
            let outcome = try await instances[0].cache.invalidate(.pattern("k*"))
            try await instances[0].cache.delete("marker")
            var events = instances[1].cache.watch(from: outcome.position).makeAsyncIterator()
            while let event = try await events.next() {
                guard case .change(let change) = event.content else { continue }
                #expect(change.target == .key("marker"))
                break
            }
        }
    }

    @Test("when the server of its event is down, watchers are told by another one, and the caller")
    func deadServer() async throws {
        try await withInstances(2, servers: 3, { $0.timeout = .seconds(10) }) {
            instances, servers in
            let (a, b) = (instances[0], instances[1])
            try await Self.fill(a, b)
            var events = b.cache.watch().makeAsyncIterator()
            while try await events.next()?.content != .state(.live(resumed: false)) {}
            let shards = a.level.pools[0].servers.shards
            let home = Self.partition(of: "k*")
            let dead = try #require(shards.first { $0.partitions.contains(home) })
            servers.first { $0.address == dead.address }?.kill()
            let outcome = try await a.cache.invalidate(.pattern("k*"))
            #expect(!outcome.isComplete && outcome.invalidated > 0)
            while let event = try await events.next() {
                guard case .change(let change) = event.content else { continue }
                #expect(change.target == .pattern("k*"))
                break
            }
            // Whatever memory held of the dead server's keys is gone, too.
            for key in Self.keys where !dead.partitions.contains(Self.partition(of: key)) {
                #expect(try await b.cache.get(key) == nil)
            }
        }
    }
}
