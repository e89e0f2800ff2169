// Tests coalesced loads: each waits on a condition, none on a clock.

import Synchronization
import Testing

@testable import CacheEngine

@Suite struct FlightTests {
    private let cache = TestCache(
        EngineConfiguration(
            maxBytes: 1 << 20,
            namespaces: [NamespaceConfiguration(name: "s", maxEntries: 1, eviction: .none)]))
    private let gate = Gate()

    private func loading(_ key: String, _ value: String) -> Task<String?, any Error> {
        Task { [cache, gate] in
            try await cache.load(key) {
                await gate.pass()
                return Loaded(value: Array(value.utf8))
            }
        }
    }

    @Test("A load stores its value with all that belongs to it, as a set")
    func stored() async throws {
        let entry = try await cache.engine.load(Array("k".utf8), now: { cache.now }) {
            Loaded(
                value: [1, 2], contentType: [3], metadata: [([4], [5, 6])], tags: [[7], [8, 9]],
                ttl: .after(.seconds(5)))
        }
        let loaded = try #require(entry)
        #expect(Array(loaded.value) == [1, 2] && Array(loaded.contentType) == [3])
        #expect(Array(loaded.metadata(at: 0).value) == [5, 6])
        #expect(Array(loaded.tag(at: 1)) == [8, 9])
        #expect(loaded.expiresAt == cache.now + .seconds(5))
        #expect(cache.peek("k")?.isSame(as: loaded) == true)
        #expect(cache.changes == [RecordedChange(kind: .set, key: "k", version: 1)])
        let again = try await cache.load("k") {
            Issue.record("a hit loads nothing")
            return nil
        }
        #expect(again != nil)
        #expect(cache.totals.hits == 1 && cache.totals.misses == 1 && cache.totals.sets == 1)
    }

    @Test("A hundred callers of one key make one load")
    func coalesced() async throws {
        let callers = (0..<100).map { _ in loading("k", "v") }
        try await eventually { cache.totals.coalesced == 99 }
        gate.open()
        for caller in callers { #expect(try await caller.value == "v") }
        #expect(gate.arrivals == 1 && cache.totals.misses == 100)
    }

    @Test("A loader's error goes to every caller, and the next call loads again")
    func throwing() async throws {
        let callers = (0..<5).map { _ in
            Task { [cache, gate] in
                try await cache.load("k") {
                    await gate.pass()
                    throw LoaderFailure()
                }
            }
        }
        try await eventually { cache.totals.coalesced == 4 }
        gate.open()
        for caller in callers {
            await #expect(throws: LoaderFailure.self) { try await caller.value }
        }
        #expect(try await loading("k", "v").value == "v")
    }

    @Test("Where the loader has nothing, there is nothing, and nothing is stored")
    func absent() async throws {
        #expect(try await cache.load("k") { nil } == nil)
        #expect(cache.changeCount == 0 && cache.totals.entries == 0)
    }

    @Test("A cancelled caller leaves at once; the load goes on for the others")
    func cancelledLeader() async throws {
        let leader = loading("k", "v")
        try await eventually { gate.arrivals == 1 }
        let follower = loading("k", "other")
        try await eventually { cache.totals.coalesced == 1 }
        leader.cancel()
        await #expect(throws: CancellationError.self) { try await leader.value }
        gate.open()
        #expect(try await follower.value == "v")
        #expect(cache.get("k") == "v")
    }

    @Test("The last caller to leave cancels the load, and the next one loads anew")
    func lastLeaves() async throws {
        let cancelled = Signal()
        let callers = (0..<3).map { _ in
            Task { [cache, gate] in
                try await cache.load("k") {
                    await withTaskCancellationHandler {
                        await gate.pass()
                    } onCancel: {
                        cancelled.raise()
                    }
                    return Loaded(value: Array("late".utf8))
                }
            }
        }
        try await eventually { cache.totals.coalesced == 2 && gate.arrivals == 1 }
        callers[0].cancel()
        callers[1].cancel()
        for caller in callers[..<2] {
            await #expect(throws: CancellationError.self) { try await caller.value }
        }
        #expect(!cancelled.isRaised, "one caller is still waiting")
        callers[2].cancel()
        await #expect(throws: CancellationError.self) { try await callers[2].value }
        try await eventually { cancelled.isRaised }
        let next = Task { [cache] in
            try await cache.load("k") { Loaded(value: Array("new".utf8)) }
        }
        try await eventually { cache.peek("k") != nil }
        #expect(try await next.value == "new")
        gate.open()
        #expect(cache.get("k") == "new", "the cancelled load stores nothing")
    }

    enum Overtaking: CaseIterable {
        case invalidate, delete, set, removeAll, removeMatching, removeEverything
    }

    @Test("A change of the key during a load keeps its value out", arguments: Overtaking.allCases)
    func overtaken(by change: Overtaking) async throws {
        let caller = loading("k", "old")
        try await eventually { gate.arrivals == 1 }
        switch change {
        case .invalidate: cache.invalidate("k")
        case .delete: cache.delete("k")
        case .set: cache.set("k", "new")
        case .removeAll: _ = cache.engine.removeAll(now: cache.now, where: { _ in false })
        case .removeMatching:
            _ = cache.engine.removeAll(
                now: cache.now, where: { _ in false }, flights: { $0.first == 107 })
        case .removeEverything: _ = cache.engine.removeEverything()
        }
        let committed = cache.changeCount
        // Who asks after the change must not be given what was loaded before it.
        let asked = Task { [cache] in
            try await cache.load("k") { Loaded(value: Array("fresh".utf8)) }
        }
        try await eventually { cache.peek("k") != nil }
        let later = try await asked.value
        #expect(later == (change == .set ? "new" : "fresh"))
        gate.open()
        #expect(try await caller.value == "old", "whoever asked before may still have it")
        #expect(cache.get("k") == later)
        #expect(cache.changeCount == committed + (change == .set ? 0 : 1))
    }

    @Test("A removal of other keys leaves a load alone")
    func notOvertaken() async throws {
        let caller = loading("k", "v")
        try await eventually { gate.arrivals == 1 }
        cache.set("other")
        cache.invalidate("another")
        _ = cache.engine.removeAll(
            now: cache.now, where: { _ in true }, flights: { $0.first != 107 })
        _ = cache.delete("k", ifVersion: 5)
        gate.open()
        #expect(try await caller.value == "v")
        #expect(cache.get("k") == "v")
    }

    @Test("A value for which there is no room still reaches its callers")
    func noRoom() async throws {
        cache.set("s:1")
        let entry = try await cache.engine.load(Array("s:2".utf8), now: { cache.now }) {
            Loaded(value: [1])
        }
        #expect(entry?.version == 0)
        #expect(cache.peek("s:2") == nil && cache.counters("s")?.rejectedForRoom == 1)
    }

    @Test("Beyond its maximum of flights a stripe refuses, and says so")
    func tooMany() async throws {
        let cache = TestCache(EngineConfiguration(maxBytes: 1 << 20, stripes: 1))
        let callers = (0..<FlightTable.maxFlights).map { number in
            Task { [gate] in
                try await cache.load("k\(number)") {
                    await gate.pass()
                    return nil
                }
            }
        }
        try await eventually { gate.arrivals == FlightTable.maxFlights }
        await #expect(throws: EngineError.self) {
            try await cache.load("one more") { nil }
        }
        gate.open()
        for caller in callers { _ = try await caller.value }
        #expect(try await cache.load("one more") { nil } == nil)
    }
}

/// Something that happens once.
private final class Signal: Sendable {
    private let flag = Atomic<Bool>(false)

    var isRaised: Bool { flag.load(ordering: .acquiring) }

    func raise() {
        flag.store(true, ordering: .releasing)
    }
}
