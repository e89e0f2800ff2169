// Tests that budgets hold exactly, and who makes room.

import Testing

@testable import CacheEngine

@Suite struct BudgetTests {
    private static let size = EntryFootprint.bytes(payload: 3 + 100)

    private let value = String(repeating: "v", count: 100)

    private func key(_ number: Int) -> String { String(number + 100) }

    @Test(
        "The byte budget holds after each set, and is used to the last entry", arguments: [1, 64])
    func bytes(stripes: Int) {
        let cache = TestCache(EngineConfiguration(maxBytes: 10 * Self.size + 5, stripes: stripes))
        for number in 0..<200 {
            #expect(cache.set(key(number), value).version != nil)
            #expect(cache.totals.bytes == min(number + 1, 10) * Self.size)
            #expect(cache.totals.entries == min(number + 1, 10))
        }
        #expect(cache.totals.evictions == 190)
        #expect(cache.get(key(199)) == value, "what was just set is not what is evicted")
    }

    @Test("The entry budget holds after each set", arguments: [1, 16])
    func entries(stripes: Int) {
        let cache = TestCache(
            EngineConfiguration(maxBytes: 1 << 30, maxEntries: 7, stripes: stripes))
        for number in 0..<100 {
            cache.set(key(number))
            #expect(cache.totals.entries == min(number + 1, 7))
        }
    }

    @Test("A value that grows makes room for itself without evicting itself", arguments: [1, 64])
    func growth(stripes: Int) throws {
        let cache = TestCache(EngineConfiguration(maxBytes: 100_000, stripes: stripes))
        for number in 0..<100 { cache.set(key(number), value) }
        let version = try #require(cache.peek(key(0))?.version)
        let large = String(repeating: "x", count: 99_000)
        #expect(cache.set(key(0), large, condition: .ifVersion(version)).version != nil)
        #expect(cache.totals.bytes <= 100_000)
        #expect(cache.get(key(0)) == large)
        cache.set(key(0), "small")
        let left = cache.keys().compactMap { cache.peek($0)?.footprintBytes }
        #expect(cache.totals.bytes == left.reduce(0, +), "what it no longer needs is given back")
    }

    @Test("A value larger than the budget is refused, and the key keeps what it had")
    func tooLarge() {
        let cache = TestCache(EngineConfiguration(maxBytes: 1_000))
        let version = cache.set("a", "old").version
        let outcome = cache.set("a", String(repeating: "x", count: 1_000))
        #expect(outcome.reason == .noRoom && outcome.currentVersion == version)
        #expect(cache.get("a") == "old")
        #expect(cache.totals.rejectedForRoom == 1 && cache.totals.evictions == 0)
        #expect(cache.changeCount == 1)
    }

    @Test("A large value evicts more entries than one turn under the lock may")
    func manyEvictions() {
        let cache = TestCache(EngineConfiguration(maxBytes: 1_000_000, stripes: 1))
        for number in 0..<4_000 { cache.set("k\(number)") }
        #expect(cache.totals.entries == 4_000)
        #expect(cache.set("big", String(repeating: "x", count: 990_000)).version != nil)
        #expect(cache.totals.bytes <= 1_000_000 && cache.get("big") != nil)
    }

    @Test("Room made for one write is nobody else's until that write gives it back")
    func reservedRoom() {
        let namespaces = NamespaceTable(EngineConfiguration(maxBytes: 1 << 20, maxEntries: 300))
        let budget = namespaces.namespaces[0].budget
        let arena = EntryArena(hasher: SipHash(seed: (1, 2)))
        let seats = UnsafeMutableRawPointer.allocate(
            byteCount: Guests.byteCount, alignment: 64)
        defer { seats.deallocate() }
        var stripe = Stripe(
            guests: Guests(in: seats), namespaces: namespaces,
            coherence: CoherenceTable(partitions: 0), arena: arena
        ) { _ in 1 }
        var reservation = Reservation()
        var garbage = Garbage()
        for number in 0..<300 {
            let slot = key(number).withBytes { key in
                arena.make(EntryDraft(key: key, value: key), createdAt: .never, mayExpire: false)
            }
            let write = Write(
                slot: slot, hash: arena.slots.hash(of: slot), ttl: .never, condition: .none,
                now: Timestamp(nanoseconds: 0), writer: Change.nothing)
            _ = stripe.set(write, lastTry: true, reservation: &reservation, garbage: &garbage)
        }
        let all = Need(budget: budget, bytes: 1 << 20, entries: 1)
        let isCovered = stripe.makeRoom(
            all, sparing: nil, now: Timestamp(nanoseconds: 0), &reservation, garbage: &garbage)
        garbage.discard(arena)
        #expect(!isCovered, "one turn evicts a part only")
        #expect(!budget.reserve(bytes: 1, entries: 1))
        reservation.giveBack()
        #expect(budget.reserve(bytes: 1, entries: 1))
    }

    @Test("Where nothing may be evicted, what does not fit is refused", arguments: [1, 64])
    func noEviction(stripes: Int) {
        let cache = TestCache(
            EngineConfiguration(
                maxBytes: 1 << 20,
                namespaces: [NamespaceConfiguration(name: "s", maxEntries: 3, eviction: .none)],
                stripes: stripes))
        for number in 0..<3 { #expect(cache.set("s:\(number)").version != nil) }
        #expect(cache.set("s:3").reason == .noRoom)
        #expect(cache.set("s:1", "changed").version != nil, "a replacement needs no new place")
        #expect(cache.set("other").version != nil, "the default has its own budget")
        cache.delete("s:0")
        #expect(cache.set("s:3").version != nil)
        let counters = cache.counters("s")
        #expect(counters?.rejectedForRoom == 1 && counters?.evictions == 0)
        #expect(counters?.entries == 3)
    }

    @Test("Expired entries make room before living ones do", arguments: [1, 64])
    func expiredFirst(stripes: Int) {
        let cache = TestCache(
            EngineConfiguration(
                maxBytes: 1 << 20,
                namespaces: [NamespaceConfiguration(name: "s", maxEntries: 4, eviction: .none)],
                stripes: stripes))
        for number in 0..<4 { cache.set("s:\(number)", ttl: .after(.seconds(Int64(number + 1)))) }
        cache.advance(by: .seconds(2))
        #expect(cache.set("s:4").version != nil)
        #expect(cache.set("s:5").version != nil)
        #expect(cache.set("s:6").reason == .noRoom)
        #expect(cache.counters("s")?.expirations == 2)
        #expect(cache.keys().sorted() == ["s:2", "s:3", "s:4", "s:5"])
    }

    @Test("A namespace with a budget of its own leaves the others alone")
    func ownBudget() {
        let cache = TestCache(
            EngineConfiguration(
                maxBytes: 1 << 20,
                namespaces: [
                    NamespaceConfiguration(name: "small", maxBytes: 5 * Self.size),
                    NamespaceConfiguration(name: "shared"),
                ]))
        cache.set("plain")
        cache.set("shared:1")
        for number in 0..<50 { cache.set("small:\(key(number))", value) }
        #expect(cache.counters("small")?.bytes ?? .max <= 5 * Self.size)
        #expect(cache.counters("small")?.maxBytes == 5 * Self.size)
        #expect(cache.counters("shared")?.maxBytes == 1 << 20)
        #expect(cache.totals.maxBytes == (1 << 20) + 5 * Self.size)
        #expect(cache.get("plain") != nil && cache.get("shared:1") != nil)
    }

    @Test("Namespaces without a budget share the default's, and what is not to be evicted stays")
    func sharedBudget() {
        let cache = TestCache(
            EngineConfiguration(
                maxBytes: 1 << 20, maxEntries: 10, eviction: .lru,
                namespaces: [
                    NamespaceConfiguration(name: "a", eviction: .lru),
                    NamespaceConfiguration(name: "kept", eviction: .none),
                ], stripes: 1))
        for number in 0..<4 { cache.set("kept:\(number)") }
        for number in 0..<6 { cache.set("a:\(number)") }
        for number in 0..<3 { cache.set("plain:\(number)") }
        #expect(cache.counters("a")?.entries == 3, "the least recently used go, whosever they are")
        for number in 0..<100 { cache.set("plain:\(number)") }
        #expect(cache.counters("kept")?.entries == 4)
        #expect(cache.totals.entries == 10)
        for number in 4..<10 { #expect(cache.set("kept:\(number)").version != nil) }
        #expect(cache.set("plain:x").reason == .noRoom)
        #expect(cache.counters("kept")?.entries == 10)
    }
}
