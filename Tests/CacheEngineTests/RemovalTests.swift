// Tests removal by predicate and of everything.

import Testing

@testable import CacheEngine

@Suite struct RemovalTests {
    private let cache = TestCache(
        EngineConfiguration(
            maxBytes: 1 << 24, namespaces: [NamespaceConfiguration(name: "n", maxBytes: 1 << 20)]))

    @Test("What matches is removed and counted, silently; the rest stays")
    func matching() {
        for number in 0..<2_000 { cache.set("k\(number)", tags: number % 4 == 0 ? ["t"] : []) }
        cache.set("late", ttl: .after(.seconds(1)), tags: ["t"])
        cache.advance(by: .seconds(2))
        let committed = cache.changeCount
        let removed = cache.engine.removeAll(now: cache.now, where: { $0.tagCount == 1 })
        #expect(removed == 500, "what had expired is not counted")
        #expect(cache.changes[committed...].map(\.kind) == [.expire])
        #expect(cache.totals.entries == 1_500)
        #expect(cache.totals.invalidations == 500)
        #expect(cache.get("k4") == nil && cache.get("k5") != nil)
    }

    @Test("Everything goes at once, and the cache works on")
    func everything() {
        for number in 0..<1_000 {
            cache.set("k\(number)", ttl: .after(.seconds(5)))
            cache.set("n:\(number)")
        }
        #expect(cache.engine.removeEverything() == 2_000)
        #expect(cache.totals.entries == 0 && cache.totals.bytes == 0)
        #expect(cache.counters("n")?.invalidations == 1_000)
        #expect(cache.keys().isEmpty)
        cache.advance(by: .seconds(10))
        #expect(cache.sweep() == 0)
        for number in 0..<1_000 { #expect(cache.set("n:\(number)").version != nil) }
        #expect(cache.counters("n")?.entries == 1_000)
        #expect(cache.changeCount == 3_000, "clearing commits nothing by itself")
    }

    @Test("Clearing gives the room back")
    func room() {
        let cache = TestCache(EngineConfiguration(maxBytes: 1 << 20, maxEntries: 10))
        for number in 0..<10 { cache.set("k\(number)") }
        _ = cache.engine.removeEverything()
        for number in 10..<20 { cache.set("k\(number)") }
        #expect(cache.totals.evictions == 0 && cache.totals.entries == 10)
    }
}
