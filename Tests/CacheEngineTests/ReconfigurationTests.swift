// Tests a change of configuration on a living cache.

import Locks
import Testing

@testable import CacheEngine

@Suite struct ReconfigurationTests {
    private func configuration(
        maxEntries: Int? = nil, _ namespaces: [NamespaceConfiguration] = []
    ) -> EngineConfiguration {
        EngineConfiguration(
            maxBytes: 1 << 24, maxEntries: maxEntries, namespaces: namespaces, stripes: 4)
    }

    @Test("Entries move to a new namespace and its budget, keeping values and expiries")
    func regrouping() {
        let cache = TestCache(configuration())
        for number in 0..<100 {
            cache.set("a:\(number)", "v", ttl: .after(.seconds(9)))
            cache.set("b:\(number)")
        }
        let bytes = cache.totals.bytes
        cache.engine.reconfigure(
            configuration([NamespaceConfiguration(name: "a", maxBytes: 1 << 20)]))
        #expect(cache.counters("a")?.entries == 100 && cache.counters("default")?.entries == 100)
        #expect(cache.totals.bytes == bytes)
        #expect(cache.counters("a")?.maxBytes == 1 << 20)
        #expect(cache.get("a:7") == "v")
        #expect(cache.counters("a")?.hits == 1)
        cache.advance(by: .seconds(10))
        #expect(cache.sweep() == 100)
        #expect(cache.counters("a")?.expirations == 100 && cache.counters("a")?.bytes == 0)
    }

    @Test("A smaller budget evicts at once, the least recently used first")
    func shrinking() {
        let cache = TestCache(
            EngineConfiguration(maxBytes: 1 << 24, eviction: .lru, stripes: 1))
        for number in 0..<2_000 { cache.set("k\(number)") }
        _ = cache.get("k0")
        var smaller = EngineConfiguration(
            maxBytes: 1 << 24, maxEntries: 10, eviction: .lru, stripes: 1)
        cache.engine.reconfigure(smaller)
        #expect(cache.keys().sorted() == (["k0"] + (1_991..<2_000).map { "k\($0)" }).sorted())
        #expect(cache.totals.evictions == 1_990)
        smaller.maxEntries = 11
        cache.engine.reconfigure(smaller)
        cache.set("new")
        #expect(cache.totals.entries == 11 && cache.totals.evictions == 1_990)
    }

    @Test("What may not be evicted stays above a smaller budget, and nothing is added to it")
    func shrinkingWithoutEviction() {
        let kept = NamespaceConfiguration(name: "s", maxEntries: 10, eviction: .none)
        let cache = TestCache(configuration([kept]))
        for number in 0..<10 { cache.set("s:\(number)") }
        var fewer = kept
        fewer.maxEntries = 5
        cache.engine.reconfigure(configuration([fewer]))
        #expect(cache.counters("s")?.entries == 10)
        #expect(cache.set("s:new").reason == .noRoom)
        #expect(cache.set("s:1", "").version != nil, "a replacement takes no more than it gives")
    }

    @Test("A new policy takes effect for what is there: what was kept may now go")
    func policy() {
        let kept = NamespaceConfiguration(name: "s", maxEntries: 10, eviction: .none)
        let cache = TestCache(configuration([kept]))
        for number in 0..<10 { cache.set("s:\(number)") }
        var evicting = kept
        evicting.eviction = .lru
        evicting.maxEntries = 5
        cache.engine.reconfigure(configuration([evicting]))
        #expect(cache.counters("s")?.entries == 5)
        #expect(cache.set("s:new").version != nil)
    }

    @Test("Through any row of configurations each entry is where its key belongs, and is paid for")
    func anyRow() {
        let names = ["a", "b", "c", "d", "e"]
        var random = SeededGenerator(state: 8)
        let cache = TestCache(configuration())
        for number in 0..<600 { cache.set("\(names[number % 5]):\(number)", "v") }
        for number in 0..<100 { cache.set("\(number)", "v") }
        let bytes = cache.totals.bytes
        for _ in 0..<60 {
            let chosen = names.filter { _ in Bool.random(using: &random) }
            let policies = EvictionPolicyName.allCases
            let namespaces = chosen.map { name in
                NamespaceConfiguration(
                    name: name, maxBytes: Bool.random(using: &random) ? 1 << 22 : nil,
                    eviction: policies[Int.random(in: 0..<policies.count, using: &random)])
            }
            cache.engine.reconfigure(configuration(namespaces))
            for name in chosen { #expect(cache.counters(name)?.entries == 120) }
            #expect(cache.counters("default")?.entries == 700 - 120 * chosen.count)
            #expect(cache.totals.bytes == bytes && cache.totals.sets == 700)
            for index in cache.engine.stripes.indices {
                #expect(cache.engine.stripes.withLock(index) { $0.isInOrder })
            }
        }
        let numbers = cache.engine.current.withLock { $0.namespaces.count }
        #expect(numbers <= 2 * (names.count + 1), "numbers are given anew")
        #expect(cache.engine.removeEverything() == 700)
        for namespace in cache.engine.statistics().namespaces {
            #expect(namespace.counters.entries == 0 && namespace.counters.bytes == 0)
        }
    }

    @Test("The totals of a namespace that is gone live on in the default's")
    func counters() {
        let cache = TestCache(configuration([NamespaceConfiguration(name: "a")]))
        cache.set("a:1")
        _ = cache.get("a:1")
        _ = cache.get("a:2")
        let before = cache.totals
        cache.engine.reconfigure(configuration())
        #expect(cache.totals == before)
        #expect(cache.counters("a") == nil && cache.counters("default")?.hits == 1)
    }
}

extension StripeArray {
    fileprivate var indices: Range<Int> { 0..<count }
}

extension Stripe {
    /// Whether each policy has as many entries in its order as its namespaces say.
    fileprivate var isInOrder: Bool {
        policies.indices.allSatisfy { segment in
            let entries = accounts.elements.filter { $0.segment == segment }
                .map(\.counters.entries).reduce(0, +)
            if case .none = policies[segment] { return true }
            return policies[segment].holdings.entries == entries
        }
    }
}
