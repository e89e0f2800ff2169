// Tests which entries are told to be the largest.

import Testing

@testable import CacheEngine

@Suite struct LargestEntriesTests {
    private func cache(
        stripes: Int = 4, maxEntries: Int? = nil
    ) -> TestCache {
        TestCache(
            EngineConfiguration(maxBytes: 1 << 30, maxEntries: maxEntries, stripes: stripes))
    }

    private func largest(_ cache: TestCache, _ limit: Int = 100) -> [String] {
        cache.engine.top(limit, now: cache.now).largestEntries.map(\.text)
    }

    private func value(_ kilobytes: Int) -> String {
        String(repeating: "v", count: kilobytes << 10)
    }

    @Test("The largest come first, with what they take of the budget")
    func order() throws {
        let cache = cache()
        for size in [3, 1, 4, 2] { cache.set("k\(size)", value(size)) }
        #expect(largest(cache) == ["k4", "k3", "k2", "k1"])
        #expect(largest(cache, 1) == ["k4"])
        let entry = try #require(cache.engine.top(1, now: cache.now).largestEntries.first)
        #expect(entry.bytes == cache.peek("k4")?.footprintBytes)
    }

    @Test("Small ones that come later do not push them out, and larger ones do")
    func pushedOut() {
        let cache = cache()
        for size in 1...60 { cache.set("large:\(size)", value(size)) }
        for number in 0..<2_000 { cache.set("small:\(number)", "v") }
        #expect(largest(cache, 30) == (31...60).reversed().map { "large:\($0)" })
        for size in 61...90 { cache.set("large:\(size)", value(size)) }
        #expect(largest(cache, 30) == (61...90).reversed().map { "large:\($0)" })
    }

    @Test("An entry that is gone is not told, however it went")
    func gone() {
        let cache = cache(maxEntries: 6)
        cache.set("expired", value(9), ttl: .after(.seconds(1)))
        cache.set("deleted", value(8))
        cache.set("invalid", value(7))
        cache.set("stays", value(6))
        cache.delete("deleted")
        cache.invalidate("invalid")
        cache.advance(by: .seconds(1))
        #expect(largest(cache) == ["stays"])
        _ = cache.sweep()
        for number in 0..<20 { cache.set("new:\(number)", "v") }
        let now = largest(cache)
        #expect(now.count == 6 && Set(now) == Set(cache.keys()))
    }

    @Test("A new value counts with its own size, and a touched entry stays")
    func replaced() {
        let cache = cache()
        cache.set("a", value(5))
        cache.set("b", value(3))
        cache.touch("b", ttl: .after(.seconds(9)))
        cache.set("a", "small")
        #expect(largest(cache) == ["b", "a"])
        cache.set("a", value(7))
        #expect(largest(cache) == ["a", "b"])
    }

    @Test("Nothing is left of them after everything was removed")
    func everything() {
        let cache = cache()
        for size in 1...20 { cache.set("k\(size)", value(size)) }
        #expect(cache.engine.removeEverything() == 20)
        #expect(largest(cache).isEmpty)
        cache.set("k", "v")
        #expect(largest(cache) == ["k"])
    }

    @Test("Whatever is written and removed, those that are told are there with their size")
    func model() {
        let cache = cache(stripes: 2, maxEntries: 300)
        var random = SeededGenerator(state: 5)
        for step in 0..<20_000 {
            let key = "k\(random.next() % 500)"
            switch random.next() % 8 {
            case 0: cache.delete(key)
            case 1: cache.touch(key)
            default: cache.set(key, String(repeating: "v", count: Int(random.next() % 3_000)))
            }
            guard step % 500 == 0 else { continue }
            for entry in cache.engine.top(100, now: cache.now).largestEntries {
                #expect(cache.peek(entry.text)?.footprintBytes == entry.bytes)
            }
        }
        let told = cache.engine.top(10, now: cache.now).largestEntries.map(\.bytes)
        let all = cache.keys(pageSize: 1_000).compactMap { cache.peek($0)?.footprintBytes }
        #expect(told.count == 10 && (told.first ?? 0) >= all.sorted().suffix(20)[all.count - 20])
    }
}
