// What the shared level's numbers are as messages, and which walks are running.

import CacheEngine
import Messages
import NIOCore
import Testing

@testable import CacheService
@testable import RedisClient

@Suite struct SharedStatsTests {
    private static let info = """
        # Server\r
        redis_version:7.0.15\r
        redis_mode:cluster\r
        uptime_in_seconds:93600\r
        used_memory:1000\r
        used_memory_peak:2000\r
        maxmemory:0\r
        maxmemory_policy:noeviction\r
        mem_fragmentation_ratio:1.50\r
        connected_clients:3\r
        role:slave\r
        """

    private func shard(
        _ name: String, server: RedisServerInfo? = nil, answered: UInt64 = 0
    ) -> RedisPoolStatistics.Shard {
        var counters = RedisShardCounters()
        counters.inFlight = 4
        counters.calls = 9
        counters.redirects = 2
        var latency = LatencyHistogram().summary
        if answered > 0 {
            let histogram = LatencyHistogram()
            for _ in 0..<answered { histogram.record(nanoseconds: 1_000) }
            latency = histogram.summary
        }
        return RedisPoolStatistics.Shard(
            view: RedisShardView(
                id: RedisShardID(name), address: .tcp(host: "h", port: 1), replicas: [],
                partitions: .all, state: .up, breaker: .halfOpen, retryAfter: nil),
            role: server?.role, connections: 1, counters: counters, latency: latency,
            server: server)
    }

    @Test("a shard tells of its server and its feed, and not of what did not answer")
    func shards() throws {
        var statistics = SharedStatistics()
        statistics.pools = [
            RedisPoolStatistics(
                name: "default",
                shards: [shard("a", server: RedisServerInfo(Self.info), answered: 5), shard("b")],
                cluster: nil)
        ]
        var feed = FeedStatistics()
        feed.shards = [
            .init(name: "a", state: .live, livePartitions: 256, partitions: 256, silence: nil)
        ]
        statistics.feeds = [feed]
        let arena = MessageArena()
        let messages = statistics.shardMessages(in: arena)
        try #require(messages.count == 2)
        let (first, second) = (messages[0], messages[1])
        #expect(first.name == "a" && first.pool == "default" && first.address == "h:1")
        #expect(first.state == "up" && first.breaker == "half_open" && first.feed == "live")
        #expect(first.role == "replica" && first.partitions == 256)
        #expect(first.inFlight == 4 && first.commands == 9 && first.redirects == 2)
        #expect(first.latency?.count == 5 && first.latency?.max != nil)
        #expect(first.redis?.version == "7.0.15" && first.redis?.mode == "cluster")
        #expect(first.redis?.uptime == ProtoDuration(seconds: 93_600))
        #expect(first.redis?.memFragmentationRatio == 1.5)
        #expect(first.redis?.usedMemoryPeak == 2_000 && first.redis?.keyspaceHits == 0)
        #expect(second.redis == nil && second.latency == nil)
        #expect(second.role == "" && second.feed == "lost")
    }

    @Test("clusters, pending writes, feeds and walks are told together")
    func shared() {
        var statistics = SharedStatistics()
        statistics.pools = [
            RedisPoolStatistics(name: "plain", shards: [], cluster: nil),
            RedisPoolStatistics(
                name: "big", shards: [],
                cluster: .init(state: "ok", slotsOK: 16_000, knownNodes: 6, healthyNodes: 5)),
        ]
        var feed = FeedStatistics()
        feed.events = 3
        feed.gaps = 1
        statistics.feeds = [feed, feed]
        statistics.writeBehind = WriteBehindStatistics()
        statistics.writeBehind?.entries = 7
        statistics.writeBehind?.oldestAge = .milliseconds(1_500)
        statistics.foreignEntries = 2
        let arena = MessageArena()
        defer { withExtendedLifetime(arena) {} }
        let message = statistics.message(in: arena)
        #expect(message.clusters.map(\.pool) == ["big"])
        #expect(message.clusters.first?.slotsOk == 16_000)
        #expect(message.clusters.first?.slotsTotal == 16_384)
        #expect(message.clusters.first?.healthyNodes == 5)
        #expect(message.writeBehind?.entries == 7)
        #expect(message.writeBehind?.oldestAge == ProtoDuration(seconds: 1, nanos: 500_000_000))
        #expect(message.feed?.events == 6 && message.feed?.gapsRepaired == 2)
        #expect(message.foreignEntries == 2 && message.walks.isEmpty)
    }

    @Test("a walk is shown while it runs, with its progress, and gone when it ended or failed")
    func walks() async throws {
        struct Failure: Error {}
        let walks = RunningWalks()
        let now = Timestamp(nanoseconds: 5)
        let removed = try await walks.run(.pattern, at: now, parts: 2, total: { 100 }) {
            parts async throws in
            parts[0].addScanned(30)
            parts[1].addScanned(10)
            parts[1].addRemoved(3)
            try await eventually { walks.statistics.first?.total == 100 }
            let all = walks.statistics
            #expect(all.count == 1)
            #expect(all.first?.kind == .pattern && all.first?.startedAt == now)
            #expect(all.first?.scanned == 40 && all.first?.removed == 3)
            #expect(all.first?.total == 100 && all.first?.id != 0)
            return parts[1].removed
        }
        #expect(removed == 3 && walks.statistics.isEmpty)
        await #expect(throws: Failure.self) {
            try await walks.run(.everything, at: now, total: { 0 }) { _ throws(Failure) in
                throw Failure()
            }
        }
        #expect(walks.statistics.isEmpty)
    }
}
