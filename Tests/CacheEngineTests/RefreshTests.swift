// Tests loads of entries that are there: each waits on a condition, none on a clock.

import Synchronization
import Testing

@testable import CacheEngine

@Suite struct RefreshTests {
    private let cache = TestCache()
    private let gate = Gate()

    /// Sets an entry that is stale after 10 s and expires after 100 s.
    private func write(_ key: String, _ value: String) {
        key.withBytes { key in
            value.withBytes { value in
                _ = cache.engine.set(
                    EntryDraft(
                        key: key, value: value, ttl: .after(.seconds(100))
                    ).stale(after: .seconds(10)),
                    now: cache.now)
            }
        }
    }

    private func load(
        _ key: String, _ refresh: RefreshRules = RefreshRules(),
        _ loader: @escaping @Sendable () async throws -> Loaded?
    ) async throws -> String? {
        let cache = cache
        let entry = try await cache.engine.load(
            Array(key.utf8), refresh: refresh, now: { cache.now }, loader: loader)
        return entry?.text
    }

    private static func unexpected() -> Loaded? {
        Issue.record("nothing was to be loaded")
        return nil
    }

    private static func loaded(_ value: String) -> Loaded {
        Loaded(value: Array(value.utf8), ttl: .after(.seconds(100)), softTTL: .seconds(10))
    }

    @Test("A fresh entry is served, and nothing is loaded")
    func fresh() async throws {
        write("k", "old")
        cache.advance(by: .seconds(9))
        #expect(try await load("k") { Self.unexpected() } == "old")
        #expect(cache.engine.flightCount == 0)
    }

    @Test("The first to meet a stale entry has it loaded, and everybody gets the stale one at once")
    func stale() async throws {
        write("k", "old")
        cache.advance(by: .seconds(10))
        let gate = gate
        for _ in 0..<20 {
            let value = try await load("k") {
                await gate.pass()
                return Self.loaded("new")
            }
            #expect(value == "old")
        }
        #expect(cache.engine.flightCount == 1 && cache.totals.coalesced == 0)
        gate.open()
        try await eventually { cache.engine.flightCount == 0 }
        #expect(gate.arrivals == 1 && cache.get("k") == "new")
        let entry = try #require(cache.peek("k"))
        #expect(entry.softExpiresAt == cache.now + .seconds(10))
        #expect(try await load("k") { Self.unexpected() } == "new")
    }

    @Test("Where the load fails the stale entry is served, and the loader left alone for a while")
    func failing() async throws {
        write("k", "old")
        cache.advance(by: .seconds(10))
        let calls = Calls()
        let rules = RefreshRules(pauseAfterFailure: .seconds(5))
        for round in 1...3 {
            for _ in 0..<10 {
                let value = try await load("k", rules) {
                    calls.count()
                    throw LoaderFailure()
                }
                #expect(value == "old")
                try await eventually { cache.engine.flightCount == 0 }
            }
            #expect(calls.number == round)
            cache.advance(by: .seconds(5))
        }
        cache.advance(by: .seconds(100))
        await #expect(throws: LoaderFailure.self) { try await load("k") { throw LoaderFailure() } }
    }

    @Test("Where there is no value any more the entry goes, as expired")
    func gone() async throws {
        write("k", "old")
        cache.advance(by: .seconds(10))
        #expect(try await load("k") { nil } == "old")
        try await eventually { cache.engine.flightCount == 0 }
        #expect(cache.peek("k") == nil && cache.totals.expirations == 1)
        #expect(cache.changes.map(\.kind) == [.set, .expire])
    }

    /// Begins a refresh that waits at the gate; counts in `ended` when it has landed or not.
    private func refresh(
        _ key: String, through gate: Gate, bringing loaded: Loaded?, ended: Calls
    ) async throws {
        let witness = Witness(ended)
        let served = try await load(key) {
            defer { withExtendedLifetime(witness) {} }
            await gate.pass()
            return loaded
        }
        #expect(served == "old")
        try await eventually { gate.arrivals == 1 }
    }

    @Test("What is written during a refresh stays, whatever the refresh brings")
    func overtaken() async throws {
        for brought in [Self.loaded("late"), nil] {
            write("k", "old")
            cache.advance(by: .seconds(10))
            let (gate, ended) = (Gate(), Calls())
            try await refresh("k", through: gate, bringing: brought, ended: ended)
            cache.set("k", "written")
            gate.open()
            try await eventually { ended.number == 1 }
            #expect(try await load("k") { Self.unexpected() } == "written")
            #expect(cache.get("k") == "written")
            cache.delete("k")
        }
    }

    enum Overtaking: CaseIterable {
        case invalidate, delete, removeAll, removeEverything
    }

    @Test("An invalidation during a refresh keeps its value out", arguments: Overtaking.allCases)
    func invalidated(by change: Overtaking) async throws {
        write("k", "old")
        cache.advance(by: .seconds(10))
        let ended = Calls()
        try await refresh("k", through: gate, bringing: Self.loaded("late"), ended: ended)
        switch change {
        case .invalidate: cache.invalidate("k")
        case .delete: cache.delete("k")
        case .removeAll: _ = cache.engine.removeAll(now: cache.now, where: { _ in true })
        case .removeEverything: _ = cache.engine.removeEverything()
        }
        #expect(cache.engine.flightCount == 0)
        gate.open()
        try await eventually { ended.number == 1 }
        #expect(cache.get("k") == nil)
        #expect(try await load("k") { Self.loaded("fresh") } == "fresh")
    }

    @Test("Who finds nothing joins the refresh that is under way, and may leave it again")
    func joined() async throws {
        write("k", "old")
        cache.advance(by: .seconds(10))
        let (cache, gate) = (cache, gate)
        #expect(
            try await load("k") {
                await gate.pass()
                return Self.loaded("new")
            } == "old")
        cache.advance(by: .seconds(90))
        let joiners = (0..<2).map { _ in
            Task { try await cache.load("k") { Self.unexpected() } }
        }
        try await eventually { cache.totals.coalesced == 2 }
        joiners[0].cancel()
        await #expect(throws: CancellationError.self) { try await joiners[0].value }
        #expect(cache.engine.flightCount == 1)
        gate.open()
        #expect(try await joiners[1].value == "new")
        #expect(gate.arrivals == 1)
    }

    @Test("A refresh that its last joiner leaves goes on")
    func leftAlone() async throws {
        write("k", "old")
        cache.advance(by: .seconds(10))
        let (cache, gate) = (cache, gate)
        _ = try await load("k") {
            await gate.pass()
            try Task.checkCancellation()
            return Self.loaded("new")
        }
        cache.advance(by: .seconds(90))
        let joiner = Task { try await cache.load("k") { Self.unexpected() } }
        try await eventually { cache.totals.coalesced == 1 }
        joiner.cancel()
        await #expect(throws: CancellationError.self) { try await joiner.value }
        gate.open()
        try await eventually { cache.get("k") == "new" }
    }

    @Test("An entry in the last part of its life is refreshed ahead by whoever reads it, once")
    func ahead() async throws {
        let rules = RefreshRules(aheadFrom: 0.8)
        write("k", "old")  // stale after ten seconds
        cache.set("hard", "old", ttl: .after(.seconds(10)))
        cache.advance(by: .seconds(7.9))
        for key in ["k", "hard"] {
            #expect(try await load(key, rules) { Self.unexpected() } == "old")
        }
        cache.advance(by: .seconds(0.1))
        for key in ["k", "hard"] {
            let (gate, calls) = (Gate(), Calls())
            for _ in 0..<10 {
                let value = try await load(key, rules) {
                    calls.count()
                    await gate.pass()
                    return Loaded(value: Array("new".utf8), ttl: .after(.seconds(100)))
                }
                #expect(value == "old")
            }
            #expect(cache.engine.flightCount == 1)
            gate.open()
            try await eventually { cache.engine.flightCount == 0 }
            #expect(calls.number == 1 && cache.get(key) == "new")
            #expect(try await load(key, rules) { Self.unexpected() } == "new")
        }
    }

    @Test("A pause after a failure is over with its time, and a key that was written needs none")
    func written() async throws {
        write("k", "old")
        cache.advance(by: .seconds(10))
        let rules = RefreshRules(pauseAfterFailure: .seconds(50))
        _ = try await load("k", rules) { throw LoaderFailure() }
        try await eventually { cache.engine.flightCount == 0 }
        write("k", "written")
        #expect(try await load("k", rules) { Self.unexpected() } == "written")
        cache.advance(by: .seconds(49))
        #expect(try await load("k", rules) { Self.unexpected() } == "written")
        cache.advance(by: .seconds(1))
        #expect(try await load("k", rules) { Self.loaded("new") } == "written")
        try await eventually { cache.get("k") == "new" }
    }

    /// How often a loader was called.
    private final class Calls: Sendable {
        private let calls = Atomic<Int>(0)

        var number: Int { calls.load(ordering: .relaxed) }

        func count() { calls.add(1, ordering: .relaxed) }
    }

    /// Counts when nobody has it any more: a task lets go of its loader when it is done.
    private final class Witness: Sendable {
        private let calls: Calls

        init(_ calls: Calls) { self.calls = calls }

        deinit { calls.count() }
    }
}

extension CacheEngine {
    /// How many loads are under way that may still be stored.
    fileprivate var flightCount: Int {
        (0..<stripes.count).reduce(0) { sum, index in
            sum + stripes.withLock(index) { $0.flights.count }
        }
    }
}
