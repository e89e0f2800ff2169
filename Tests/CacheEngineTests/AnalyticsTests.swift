// Tests what the engine tells of hot keys, missed prefixes and large entries.

import Testing

@testable import CacheEngine

@Suite struct AnalyticsTests {
    private func read(
        _ key: String, _ cache: TestCache, isHit: Bool = true, weight: UInt32 = 1, times: Int = 1
    ) {
        for _ in 0..<times {
            key.withBytes {
                cache.engine.countRead($0, isHit: isHit, weight: weight, now: cache.now)
            }
        }
    }

    private func top(
        _ cache: TestCache, _ limit: Int = 100, namespace: String? = nil
    ) -> TopReport {
        cache.engine.top(limit, namespace: namespace, now: cache.now)
    }

    @Test("A few keys are counted exactly, the hottest first, no more than asked")
    func exact() {
        let cache = TestCache()
        read("b", cache, times: 30)
        read("a", cache, times: 50)
        read("c", cache, weight: 10, times: 2)
        cache.advance(by: .seconds(10))
        let keys = top(cache, 2).hottestKeys
        #expect(keys.map(\.text) == ["a", "b"])
        #expect(keys.map(\.readsPerSecond) == [5, 3])
        #expect(keys.map(\.share) == [0.5, 0.3])
        #expect(top(cache).hottestKeys.map(\.text) == ["a", "b", "c"])
        #expect(top(TestCache()).hottestKeys.isEmpty)
    }

    @Test("What was hot fades: half is left after a minute, nothing after half an hour")
    func fading() {
        let cache = TestCache()
        read("old", cache, times: 600)
        cache.advance(by: .seconds(60))
        read("new", cache, times: 400)
        #expect(top(cache).hottestKeys.map(\.text) == ["new", "old"])
        cache.advance(by: .seconds(60))
        #expect(top(cache).hottestKeys.map(\.text) == ["new", "old"])
        cache.advance(by: .seconds(1_800))
        #expect(top(cache).hottestKeys.isEmpty)
        cache.advance(by: .seconds(1_000_000))
        read("again", cache)
        #expect(top(cache).hottestKeys.map(\.text) == ["again"])
    }

    @Test("A steady rate is told as it is, before and after a fading")
    func steady() throws {
        let cache = TestCache()
        for second in 1...200 {
            read("k", cache, times: 20)
            cache.advance(by: .seconds(1))
            let rate = try #require(top(cache).hottestKeys.first).readsPerSecond
            #expect(abs(rate - 20) < 0.5, "second \(second)")
        }
    }

    @Test("A clock that goes back by a moment does no harm")
    func clockBack() {
        let cache = TestCache()
        read("k", cache, times: 10)
        cache.advance(by: .seconds(-2))
        read("k", cache, times: 10)
        #expect(top(cache).hottestKeys.map(\.readsPerSecond) == [20])
    }

    @Test("Hot keys are found among a hundred thousand others that come once each")
    func amongMany() {
        let cache = TestCache()
        var random = SeededGenerator(state: 7)
        for number in 0..<100_000 {
            read("noise:\(random.next())", cache)
            read("noise:\(number)", cache, isHit: false)
            if number % 10 == 0 { read("hot:\(number / 10 % 20)", cache) }
        }
        let hottest = top(cache, 20).hottestKeys
        #expect(Set(hottest.map(\.text)) == Set((0..<20).map { "hot:\($0)" }))
        for key in hottest { #expect(key.readsPerSecond >= 500 && key.readsPerSecond < 600) }
        #expect(top(cache, 2).missedPrefixes.first?.text == "noise:")
    }

    @Test("However many keys there are, no more than 512 are kept, and none longer than 1 KiB")
    func bounded() {
        var hitters = HeavyHitters()
        for number in 0..<50_000 {
            "key:\(number)".withBytes {
                hitters.add($0, hash: SipHash(seed: (1, 2)).hash($0), weight: .max)
            }
        }
        let kept = hitters.candidates.count
        #expect(kept > 0 && kept <= 512)
        let cache = TestCache()
        let long = String(repeating: "x", count: 1_025)
        read(long, cache, times: 100)
        read("\(long):", cache, isHit: false)
        read(String(long.dropLast()), cache)
        #expect(top(cache).hottestKeys.map(\.key.count) == [1_024])
        #expect(top(cache).missedPrefixes.isEmpty)
    }

    @Test("Counts stop at the end of their range")
    func saturation() {
        var sketch = CountMinSketch(columns: 16)
        _ = sketch.add(.max - 1, to: 5)
        #expect(sketch.add(7, to: 5) == UInt32.max)
        sketch.halve(1)
        #expect(sketch.estimate(5) == UInt32.max / 2)
        sketch.halve(99)
        #expect(sketch.estimate(5) == 0)
    }

    @Test("A sketch never tells less than was counted, and little more")
    func sketchErrors() {
        var sketch = CountMinSketch(columns: 1_024)
        var random = SeededGenerator(state: 3)
        let hashes = (0..<4_000).map { _ in random.next() }
        for (index, hash) in hashes.enumerated() {
            for _ in 0..<(index % 5) { _ = sketch.add(1, to: hash) }
        }
        var excess = 0
        for (index, hash) in hashes.enumerated() {
            let estimate = Int(sketch.estimate(hash))
            #expect(estimate >= index % 5)
            excess += estimate - index % 5
        }
        #expect(excess / hashes.count < 8_000 / 1_024)
    }

    @Test(
        "A key is missed under its first and its second segment, or under the empty prefix",
        arguments: [
            ("user:1:name", ["user:", "user:1:"]), ("a:b:c:d", ["a:", "a:b:"]),
            ("user:1", ["user:"]), ("plain", [""]), (":", [":"]), ("::", [":", "::"]),
        ])
    func prefixes(key: String, expected: [String]) {
        let found = key.withBytes { KeyPrefixes($0).map { String(decoding: $0, as: UTF8.self) } }
        #expect(found == expected)
    }

    @Test("Missed prefixes come with their miss rate and their part of all misses")
    func missRates() {
        let cache = TestCache()
        read("user:1", cache, isHit: false, times: 30)
        read("user:2", cache, times: 70)
        read("item:9", cache, isHit: false, times: 90)
        read("plain", cache, isHit: false, times: 30)
        cache.advance(by: .seconds(15))
        let prefixes = top(cache).missedPrefixes
        #expect(prefixes.map(\.text).sorted() == ["", "item:", "user:"])
        #expect(prefixes.first?.text == "item:")
        let user = prefixes.first { $0.text == "user:" }
        #expect(user?.missesPerSecond == 2 && user?.missRate == 0.3 && user?.share == 0.2)
        #expect(prefixes.first?.missRate == 1)
    }

    @Test("One namespace can be asked for alone")
    func oneNamespace() {
        let cache = TestCache(
            EngineConfiguration(
                maxBytes: 1 << 20, namespaces: [NamespaceConfiguration(name: "user")]))
        for key in ["user:1", "other:1", "plain"] {
            cache.set(key, "value")
            read(key, cache)
            read("\(key):miss", cache, isHit: false)
        }
        let user = top(cache, namespace: "user")
        #expect(user.hottestKeys.map(\.text) == ["user:1"])
        #expect(user.missedPrefixes.map(\.text).sorted() == ["user:", "user:1:"])
        #expect(user.largestEntries.map(\.text) == ["user:1"])
        let rest = top(cache, namespace: "default")
        #expect(rest.hottestKeys.map(\.text).sorted() == ["other:1", "plain"])
    }
}

extension TopReport.HotKey {
    var text: String { String(decoding: key, as: UTF8.self) }
}

extension TopReport.MissedPrefix {
    var text: String { String(decoding: prefix, as: UTF8.self) }
}

extension TopReport.LargeEntry {
    var text: String { String(decoding: key, as: UTF8.self) }
}
