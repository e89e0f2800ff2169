// Stats of an instance with a shared level, as its clients read them.

import CacheManagerClient
import Testing

@testable import CacheService

@Suite(.realServers) struct TwoLevelStatsTests {
    @Test("reads, writes and the shard they went to are counted, and its server is asked")
    func counted() async throws {
        try await withInstances(2) { instances, _ in
            let cache = instances[0].cache
            try await cache.set("a", [1])
            _ = try await cache.get("a")
            _ = try await cache.get("nobody")
            try await instances[1].cache.set("b", [2])
            _ = try await cache.get("b")
            try await cache.delete("b")
            let stats = try await cache.stats()
            #expect(stats.totals.hits == 2 && stats.totals.misses == 1)
            #expect(stats.totals.sets == 1 && stats.totals.deletes == 1)
            #expect(stats.totals.l2Hits == 1 && stats.totals.l2Misses == 1)
            #expect(stats.totals.l2Errors == 0)
            #expect(stats.namespaces.map(\.counters.sets) == [1])
            let shard = try #require(stats.shards.first)
            #expect(stats.shards.count == 1)
            #expect(shard.name == "shard0" && shard.state == "up" && shard.breaker == "closed")
            #expect(shard.feed == "live" && shard.role == "master" && shard.partitions == 256)
            #expect(shard.commands > 0 && shard.bytesSent > 0 && shard.bytesReceived > 0)
            let redis = try #require(shard.redis)
            #expect(redis.version.hasPrefix("7.") && redis.usedMemory > 0)
            #expect(redis.connectedClients >= 2)
            let shared = try #require(stats.shared)
            #expect(shared.clusters.isEmpty && shared.walks.isEmpty)
            #expect(shared.writeBehind?.entries == 0 && shared.foreignEntries == 0)
            try await eventually { try await cache.stats().shared?.feed?.events ?? 0 >= 3 }
        }
    }

    @Test("reads that memory, the shared level or nobody answers all count for the top")
    func top() async throws {
        let withoutMemory: (inout SharedConfiguration) -> Void = {
            $0.namespaces["bare"] = $0.standard
            $0.namespaces["bare"]?.usesL1 = false
        }
        try await withInstances(2, withoutMemory) { instances, _ in
            let (cache, other) = (instances[0].cache, instances[1].cache)
            for key in ["bare:k", "kept", "far"] { try await other.set(key, [1]) }
            for _ in 0..<4 { _ = try await cache.get("bare:k") }
            for _ in 0..<3 { _ = try await cache.get("kept") }
            _ = try await cache.get(all: ["far", "kept", "bare:nobody", "far"])
            _ = try await cache.get("bare:nobody:2")
            let top = try #require(try await cache.stats(top: 10).top)
            #expect(Set(top.hottestKeys.prefix(2).map(\.key)) == ["bare:k", "kept"])
            #expect(top.hottestKeys.map(\.key).last == "far")
            #expect(top.hottestKeys.map(\.share) == [0.4, 0.4, 0.2].map { $0 * 10 / 12 })
            #expect(top.missedPrefixes.first?.prefix == "bare:")
            #expect(Set(top.largestEntries.map(\.key)) == ["kept", "far"])
        }
    }

    @Test("a server that is gone is down, and has nothing to say")
    func down() async throws {
        try await withInstances(1) { instances, servers in
            let cache = instances[0].cache
            try await cache.set("a", [1])
            servers[0].kill()
            try await eventually {
                let shard = try await cache.stats().shards.first
                return shard?.state == "down" && shard?.redis == nil && shard?.feed == "lost"
            }
        }
    }

    @Test("values that are no entries are counted, and read as misses")
    func foreign() async throws {
        try await withInstances(1) { instances, servers in
            let cache = instances[0].cache
            try await cache.set("a", [1])
            _ = try await cache.invalidate(.tag("none"))
            let key = try servers[0].cli("KEYS", "*:e:a")
            try servers[0].cli("SET", key, "something else")
            let other = try await TwoLevelInstance.start([[servers[0].address]])
            let entry = try await other.cache.get("a")
            let stats = try await other.cache.stats()
            await other.stop()
            #expect(entry == nil)
            #expect(stats.shared?.foreignEntries == 1)
        }
    }

    @Test("an invalidation of everything is listed while it walks, and gone afterwards")
    func walks() async throws {
        try await withInstances(1) { instances, servers in
            let cache = instances[0].cache
            let count = 2_000
            try await cache.set(all: (0..<count).map { NewEntry(key: "k:\($0)", value: [1]) })
            // The server stands still, and so does the walk.
            servers[0].pause()
            let walk = Task { try await cache.invalidate(.everything) }
            try await eventually {
                instances[0].level.runningWalks.statistics.map(\.kind) == [.everything]
            }
            servers[0].resume()
            let outcome = try await walk.value
            #expect(outcome.invalidated == Int64(count) && outcome.isComplete)
            let stats = try await cache.stats()
            #expect(stats.shared?.walks == [])
            #expect(stats.totals.invalidations == UInt64(count))
        }
    }
}
