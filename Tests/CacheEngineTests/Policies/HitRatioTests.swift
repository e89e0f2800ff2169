// Tests what the policies make of loads whose best answer is known.

import Testing

@testable import CacheEngine

@Suite struct HitRatioTests {
    /// The share of hits of requests that are answered by a set where nothing is there.
    private func ratio(
        _ policy: EvictionPolicyName, entries: Int, stripes: Int, _ requests: some Sequence<Int>
    ) -> Double {
        let cache = TestCache(
            EngineConfiguration(
                maxBytes: 1 << 30, maxEntries: entries, eviction: policy, stripes: stripes))
        var count = 0.0
        for request in requests {
            count += 1
            if cache.get("k\(request)") == nil { cache.set("k\(request)") }
        }
        let totals = cache.totals
        #expect(totals.entries <= entries)
        return Double(totals.hits) / count
    }

    private func skewed(_ count: Int, keys: Int, seed: UInt64) -> [Int] {
        var random = SeededGenerator(state: seed)
        return (0..<count).map { _ in
            let spread = Double.random(in: 0..<1, using: &random)
            return Int(Double(keys) * spread * spread * spread)
        }
    }

    @Test("A loop over twice as many keys as there is room hits nearly half, and LRU never")
    func loop() {
        let requests = (0..<30_000).map { $0 % 1_000 }
        #expect(ratio(.lru, entries: 500, stripes: 64, requests) < 0.02)
        #expect(ratio(.tinylfu, entries: 500, stripes: 64, requests) > 0.40)
    }

    @Test("Where only what was used last comes back, the window takes nearly all")
    func recency() {
        // Each key is used three times within 300 others, and never again.
        let requests = (0..<30_000).map { $0 % 3 == 0 ? $0 / 3 : max(0, $0 / 3 - $0 % 3 * 100) }
        let lru = ratio(.lru, entries: 400, stripes: 64, requests)
        #expect(lru > 0.6)
        #expect(ratio(.tinylfu, entries: 400, stripes: 64, requests) > lru - 0.06)
    }

    @Test(
        "Many locks cost few hits, however few entries each has",
        arguments: [EvictionPolicyName.lru, .fifo, .lfu, .tinylfu, .random, .size], [250, 1_000])
    func striping(policy: EvictionPolicyName, entries: Int) {
        let requests = skewed(20_000, keys: entries * 8, seed: 3)
        let alone = ratio(policy, entries: entries, stripes: 1, requests)
        let striped = ratio(policy, entries: entries, stripes: 64, requests)
        #expect(abs(alone - striped) < 0.02, "\(alone) and \(striped)")
    }
}
