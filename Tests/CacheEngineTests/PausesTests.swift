// Tests how much one turn under a stripe's lock does: never more because there are more entries.

import Locks
import Testing

@testable import CacheEngine

@Suite struct PausesTests {
    private static let entries = 20_000

    /// A cache of one stripe, full of entries.
    private func cache(
        ttl: TimeToLive = .inherited, _ namespaces: [NamespaceConfiguration] = []
    ) -> TestCache {
        let cache = TestCache(configuration(namespaces))
        for number in 0..<Self.entries { cache.set("n:\(number)", ttl: ttl) }
        return cache
    }

    private func configuration(
        eviction: EvictionPolicyName = .lru, _ namespaces: [NamespaceConfiguration] = []
    ) -> EngineConfiguration {
        EngineConfiguration(
            maxBytes: 1 << 30, eviction: eviction, namespaces: namespaces, stripes: 1)
    }

    /// The most entries that 32 buckets have: where it is many, a search takes long.
    private func longestScan(_ cache: TestCache) -> Int {
        cache.engine.stripes.withLock(0) { stripe in
            var longest = 0
            var next: UInt64? = 0
            while let start = next {
                var looks = 0
                next = stripe.table.scan(from: start, width: 32) { _ in looks += 1 }
                longest = max(longest, looks)
            }
            return longest
        }
    }

    private func entries(_ cache: TestCache, in number: Int) -> Int {
        cache.engine.stripes.withLock(0) { $0.accounts[number].counters.entries }
    }

    @Test("A turn of a clear looks at some dozens of entries, and all turns at every one")
    func clear() {
        let cache = cache()
        var next: UInt64? = 0
        var removed = 0
        while let start = next {
            var looks = 0
            var garbage = Garbage()
            let turn = cache.engine.stripes.withLock(0) { stripe in
                stripe.removeMatching(
                    from: start, width: CacheEngine.bucketsPerRemoval, now: cache.now,
                    where: { _ in
                        looks += 1
                        return true
                    }, garbage: &garbage)
            }
            garbage.discard(cache.engine.arena)
            #expect(looks <= 4 * CacheEngine.bucketsPerRemoval)
            removed += turn.removed
            next = turn.next
        }
        #expect(removed == Self.entries && cache.totals.entries == 0)
    }

    @Test("Clearing everything looks at no entry under the lock")
    func everything() {
        let cache = cache()
        var table = EntryTable(arena: cache.engine.arena)
        let cleared = cache.engine.stripes.withLock(0) { stripe in
            // What a walk over the entries would change, it leaves as it is.
            let count = stripe.clear(leaving: &table)
            return (count, stripe.table.count)
        }
        #expect(cleared == (Self.entries, 0))
        #expect(table.count == Self.entries, "they are the caller's to free")
    }

    @Test("A turn of a sweep removes no more than its deadlines, however many are due")
    func sweep() {
        let cache = cache(ttl: .after(.seconds(1)))
        cache.advance(by: .seconds(2))
        var turns = 0
        while cache.totals.entries > 0 {
            var limit = CacheEngine.deadlinesPerTurn
            var garbage = Garbage()
            let removed = cache.engine.stripes.withLock(0) { stripe in
                stripe.expireDue(cache.now, limit: &limit, garbage: &garbage)
            }
            garbage.discard(cache.engine.arena)
            #expect(removed <= CacheEngine.deadlinesPerTurn)
            if turns % 20 == 0 { #expect(longestScan(cache) <= 4 * 32) }
            turns += 1
            guard turns < Self.entries else { return }
        }
        #expect(turns >= Self.entries / CacheEngine.deadlinesPerTurn)
    }

    @Test("Another policy for all entries takes them over a few at a time, in their order")
    func policy() {
        let cache = cache()
        _ = "n:0".withBytes { cache.engine.get($0, now: cache.now) }
        let old = cache.engine.current.withLock { $0 }
        let new = NamespaceTable(configuration(eviction: .fifo), continuing: old)
        #expect(new.movesEntries && new.configured == [1])
        cache.engine.stripes.withLock(0) { $0.adopt(new) }
        #expect(entries(cache, in: 0) == Self.entries, "to adopt a table moves nothing")
        var moved = 0
        var goesOn = true
        while goesOn {
            goesOn = cache.engine.stripes.withLock(0) {
                $0.handOver(limit: CacheEngine.entriesPerMove)
            }
            let now = entries(cache, in: 1)
            #expect(now - moved <= CacheEngine.entriesPerMove)
            moved = now
        }
        #expect(moved == Self.entries && entries(cache, in: 0) == 0)
        cache.engine.stripes.withLock(0) { $0.adopt(new.settled) }
        let first = cache.engine.stripes.withLock(0) { stripe in
            stripe.policies[0].first(in: stripe.table.slots).map { Array(stripe.entry($0).key) }
        }
        #expect(first == Array("n:1".utf8), "what was used last is not the first to go")
    }

    @Test("A new namespace gets its entries a few at a time")
    func namespace() {
        let cache = cache()
        let own = NamespaceConfiguration(name: "n", maxEntries: Self.entries)
        let old = cache.engine.current.withLock { $0 }
        let new = NamespaceTable(configuration([own]), continuing: old)
        #expect(new.movesEntries && new.configured == [0, 1])
        cache.engine.stripes.withLock(0) { $0.adopt(new) }
        var next: UInt64? = 0
        var moved = 0
        while let start = next {
            next = cache.engine.stripes.withLock(0) {
                $0.regroup(from: start, width: CacheEngine.entriesPerMove)
            }
            let now = entries(cache, in: 1)
            #expect(now - moved <= 4 * CacheEngine.entriesPerMove)
            moved = now
        }
        #expect(moved == Self.entries)
    }

    @Test("Where names, budgets and policies stay, a new configuration looks at no entry")
    func limitsOnly() {
        let cache = cache([NamespaceConfiguration(name: "n", maxBytes: 1 << 29)])
        let old = cache.engine.current.withLock { $0 }
        var other = configuration([
            NamespaceConfiguration(name: "n", ttl: .after(.seconds(5)), maxBytes: 1 << 28)
        ])
        other.maxEntries = 7
        #expect(!NamespaceTable(other, continuing: old).movesEntries)
    }
}
