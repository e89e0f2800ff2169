// What the statistics of a shared level look like, and how an invalidation's progress reads.

import Console
import Testing

@testable import CacheManagerClient
@testable import cachectl

@Suite struct SharedStatsTests {
    private static let redis = CacheStats.Redis(
        version: "7.0.15", mode: "standalone", uptime: .seconds(93_600),
        usedMemory: 1_536 << 20, usedMemoryPeak: 2 << 30, maxmemory: 4 << 30,
        maxmemoryPolicy: "volatile-random", memFragmentationRatio: 1.234, connectedClients: 12,
        totalConnectionsReceived: 99, totalCommandsProcessed: 1_234_567, keyspaceHits: 1_000,
        keyspaceMisses: 200, evictedKeys: 3, expiredKeys: 45)

    private static func shard(
        _ name: String, state: String = "up", breaker: String = "closed", feed: String = "live",
        redis: CacheStats.Redis? = redis
    ) -> CacheStats.Shard {
        CacheStats.Shard(
            name: name, state: state, inFlight: 4, breaker: breaker, pool: "default",
            address: name, role: state == "up" ? "master" : "", queuedBytes: 0,
            bytesSent: 123_456_789, bytesReceived: 987_654_321, commands: 1_234_567, errors: 12,
            retries: 3, redirects: 0,
            latency: CacheStats.CommandLatency(
                count: 9, p50: .microseconds(123), p90: .microseconds(456),
                p99: .milliseconds(7), max: .milliseconds(89)),
            feed: feed, partitions: 86, redis: redis)
    }

    static let stats: CacheStats = {
        var stats = AnswerTests.alone
        stats.instance.mode = "shared"
        stats.shards = [
            shard("127.0.0.1:7001"),
            shard("127.0.0.1:7002", state: "down", breaker: "open", feed: "lost", redis: nil),
            shard("redis-0.redis.cache.svc.cluster.local:6379", breaker: "half_open"),
        ]
        stats.shared = CacheStats.Shared(
            clusters: [
                CacheStats.Cluster(
                    pool: "default", state: "fail", knownNodes: 6, healthyNodes: 5,
                    slotsOk: 10_923, slotsTotal: 16_384)
            ],
            writeBehind: CacheStats.WriteBehind(
                entries: 1_200, bytes: 345_678, maxBytes: 64 << 20,
                oldestAge: .milliseconds(4_500), flushed: 99_000, failed: 12, dropped: 1),
            foreignEntries: 2,
            feed: CacheStats.Feed(
                events: 123_456, gapsRepaired: 2, resets: 1, duplicates: 5, malformed: 0),
            walks: [
                CacheStats.Walk(
                    id: 7, kind: "pattern", scanned: 41_000, removed: 1_200, total: 100_000,
                    startedAt: CacheInstant(seconds: 1_785_489_484))
            ])
        return stats
    }()

    @Test("the shared level is tables of at most 80 columns, with long names cut off")
    func text() {
        let text = StatsAnswer(Self.stats).text
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        for line in Self.expected.split(separator: "\n") {
            #expect(text.contains(line), "\(line)")
        }
        #expect(!text.contains("\u{1B}"))
    }

    /// Each of these lines, as it is.
    private static let expected = """
        SHARED LEVEL
        cluster default: fail, 5 of 6 nodes healthy, 10923 of 16384 slots served
        writes to be sent: 1200 waiting, 338 KiB of 64.0 MiB, the oldest for 4 s
          99000 sent, 12 attempts failed, 1 expired before
        invalidations: 123456 heard, 2 gaps repaired, 1 resets
          5 came twice, 0 could not be read
        foreign values: 2 found under keys of the cache
        pattern           41000    100000     1200  2026-07-31T09:18:04.000Z
        127.0.0.1:7001                  up     master  closed     live     86          4
        127.0.0.1:7002                  down   -       open       lost     86          4
        redis-0.redis.cache.svc.clust…  up     master  half_open  live     86          4
        """

    @Test("colours mark what is wrong and nothing else, and change no column")
    func colours() {
        let plain = StatsAnswer(Self.stats).text
        let coloured = StatsAnswer(Self.stats, style: .coloured).text
        #expect(coloured.contains("\u{1B}[31mdown\u{1B}[0m"))
        #expect(coloured.contains("\u{1B}[33mhalf_open\u{1B}[0m"))
        #expect(!coloured.contains("mup\u{1B}"))
        #expect(coloured.replacing(#/\u{1B}\[\d+m/#, with: "") == plain)
    }

    @Test("where a shard is stands there if its name does not say it")
    func addresses() {
        #expect(!StatsAnswer(Self.stats).text.contains("ADDRESS"))
        var stats = Self.stats
        stats.shards[0].name = "54e08760"
        stats.shards[0].address = "127.0.0.1:7001"
        let lines = StatsAnswer(stats).text.split(separator: "\n")
        #expect(lines.contains { $0.wholeMatch(of: #/54e08760 +127\.0\.0\.1:7001/#) != nil })
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test("an instance that runs alone shows nothing of it")
    func alone() {
        let answer = StatsAnswer(AnswerTests.alone)
        #expect(answer.sharedSections.isEmpty)
        #expect(!JSONLine.text(answer).contains("shared"))
    }

    @Test("as JSON it has the contract's names, and leaves out what the server did not say")
    func json() {
        let json = JSONLine.text(StatsAnswer(Self.stats))
        for part in [
            #""writeBehind":{"bytes":345678,"dropped":1,"entries":1200,"failed":12,"#,
            #""oldestAge":"4.500s""#, #""uptime":"93600s""#, #""p99":"0.007s""#,
            #""memFragmentationRatio":1.234"#, #""slotsOk":10923"#, #""gapsRepaired":2"#,
            #""startedAt":"2026-07-31T09:18:04Z""#, #""foreignEntries":2"#,
        ] {
            #expect(json.contains(part), "\(part)")
        }
        #expect(json.split(separator: #""redis":"#).count == 3)
    }
}

@Suite struct WalkProgressTests {
    private func walk(
        _ id: UInt64, _ kind: String = "pattern", total: UInt64 = 0
    ) -> CacheStats.Walk {
        CacheStats.Walk(
            id: id, kind: kind, scanned: 41_000, removed: 1_200, total: total, startedAt: nil)
    }

    @Test("progress is of the walk that began with the call")
    func own() {
        let walks = [walk(1), walk(2, "tag"), walk(3, total: 100_000)]
        #expect(
            WalkProgress.text(walks, kind: "pattern", besides: [walk(1)])
                == "looked at 41000 of about 100000 keys (41 %), removed 1200")
        #expect(WalkProgress.text([walk(1)], kind: "pattern", besides: [walk(1)]) == nil)
        #expect(WalkProgress.text(walks, kind: "everything", besides: []) == nil)
    }

    @Test("where nobody knows how many keys there are, it says how many it looked at")
    func noTotal() {
        #expect(
            WalkProgress.text([walk(1)], kind: "pattern", besides: [])
                == "looked at 41000 keys, removed 1200")
    }

    @Test("more keys than were thought are not more than all")
    func beyond() {
        let text = WalkProgress.text([walk(1, total: 10)], kind: "pattern", besides: [])
        #expect(text == "looked at 41000 of about 41000 keys (100 %), removed 1200")
    }

    @Test("keys are no walk")
    func kinds() {
        #expect(WalkProgress.kind(of: .keys(["a"])) == nil)
        #expect(WalkProgress.kind(of: .tag("a")) == "tag")
    }
}
