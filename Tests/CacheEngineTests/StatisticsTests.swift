// Tests the counters and the latency histograms.

import Testing

@testable import CacheEngine

@Suite struct StatisticsTests {
    @Test("Each operation is counted in its namespace, and the totals are their sum")
    func counters() throws {
        let cache = TestCache(
            EngineConfiguration(
                maxBytes: 1 << 20, namespaces: [NamespaceConfiguration(name: "a", maxEntries: 2)]))
        for number in 0..<3 { cache.set("a:\(number)") }
        cache.set("x")
        cache.set("y", ttl: .after(.seconds(1)))
        _ = cache.get("x")
        _ = cache.get("x")
        _ = cache.get("a:unknown")
        _ = cache.peek("x")
        cache.delete("x")
        cache.delete("x")
        cache.advance(by: .seconds(1))
        _ = cache.get("y")
        let statistics = cache.engine.statistics()
        #expect(statistics.namespaces.map(\.name) == ["default", "a"])
        let plain = statistics.namespaces[0].counters
        let named = statistics.namespaces[1].counters
        #expect(named.sets == 3 && named.evictions == 1 && named.misses == 1)
        #expect(named.entries == 2 && named.hits == 0)
        #expect(plain.sets == 2 && plain.hits == 2 && plain.deletes == 1)
        #expect(plain.expirations == 1 && plain.misses == 1 && plain.entries == 0)
        #expect(statistics.totals.sets == 5 && statistics.totals.misses == 2)
        #expect(statistics.totals.bytes == named.bytes)
    }

    @Test("Hits of namespaces that alternate are each counted in their own, whoever asks when")
    func alternatingHits() {
        let own = NamespaceConfiguration(name: "a")
        let configurations = [[], [own]].map {
            EngineConfiguration(maxBytes: 1 << 20, namespaces: $0, stripes: 1)
        }
        let cache = TestCache(configurations[1])
        cache.set("a:1")
        cache.set("x")
        for round in 1...10 {
            for _ in 0..<3 { _ = cache.get("a:1") }
            _ = cache.get("x")
            if round.isMultiple(of: 5) { #expect(cache.totals.hits == 4 * UInt64(round)) }
        }
        #expect(cache.counters("a")?.hits == 30 && cache.counters("default")?.hits == 10)
        // Another namespace gets the number that had the last hit.
        cache.engine.reconfigure(configurations[0])
        for _ in 0..<5 { _ = cache.get("a:1") }
        #expect(cache.counters("default")?.hits == 45)
        cache.engine.reconfigure(configurations[1])
        _ = cache.get("a:1")
        #expect(cache.counters("a")?.hits == 1 && cache.totals.hits == 46)
    }

    @Test("The counters tell which policy evicted how many entries, and why")
    func evictions() {
        var old = NamespaceConfiguration(name: "a", maxEntries: 10, eviction: .fifo)
        let new = NamespaceConfiguration(name: "b", maxEntries: 200, eviction: .tinylfu)
        let cache = TestCache(EngineConfiguration(maxBytes: 1 << 20, namespaces: [old, new]))
        for number in 0..<25 { cache.set("a:\(number)") }
        for number in 0..<100 {
            for _ in 0..<3 { cache.set("b:\(number)") }
        }
        for number in 100..<500 { cache.set("b:\(number)") }
        old.eviction = .lru
        old.maxEntries = 4
        cache.engine.reconfigure(
            EngineConfiguration(maxBytes: 1 << 20, namespaces: [old, new]))
        cache.set("a:last")
        let statistics = cache.engine.statistics()
        #expect(statistics.namespaces.map(\.policy) == [.tinylfu, .lru, .tinylfu])
        let first = statistics.namespaces[1].counters
        #expect(first.evicted[.order] == 16 && first.evicted[.shrunk] == 6)
        #expect(first.evictions == 22)
        let second = statistics.namespaces[2].counters
        #expect(second.evictions == 300 && second.evicted[.notAdmitted] > 100)
        #expect(statistics.policies.map(\.policy) == [.tinylfu, .lru, .fifo])
        #expect(statistics.policies[0].evicted == second.evicted)
        #expect(statistics.policies[1].evicted.total == 7)
        #expect(statistics.policies[2].evicted[.order] == 15)
        #expect(statistics.totals.evictions == 322)
    }

    @Test("A histogram answers quantiles within a hundredth, each operation for itself")
    func latencies() {
        let latencies = LatencyHistograms()
        for microseconds in 1...1_000 {
            latencies.record(.get, nanoseconds: UInt64(microseconds) * 1_000)
        }
        latencies.record(.set, nanoseconds: .max)
        let summary = latencies.summary(.get)
        #expect(summary.count == 1_000)
        for (found, expected) in [
            (summary.p50, 500_000.0), (summary.p90, 900_000), (summary.p99, 990_000),
            (summary.p999, 999_000),
        ] {
            #expect(abs(Double(found) - expected) <= expected / 100)
        }
        #expect(summary.max == 1_000_000)
        #expect(latencies.summary(.set).max == LatencyHistogram.maxNanoseconds)
        let nothing = LatencySummary(count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0)
        #expect(latencies.summary(.keys) == nothing)
    }
}
