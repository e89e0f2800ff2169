// Tests the engine under many threads at once; meant for the thread sanitizer, too.

import Dispatch
import Locks
import Synchronization
import Testing

@testable import CacheEngine

@Suite struct StressTests {
    private static let threads = 8

    private final class Tally: Sendable {
        let overruns = Atomic<Int>(0)
        let backwards = Atomic<Int>(0)
        let resurrections = Atomic<Int>(0)
        let joined = Atomic<Int>(0)
        let told = Atomic<Int>(0)
    }

    /// Configurations between which entries move, though none to a budget with less room.
    private static let configurations = [EvictionPolicyName.lru, .fifo, .tinylfu, .size].map {
        policy in
        EngineConfiguration(
            maxBytes: 200_000, defaultTTL: .seconds(1),
            namespaces: [
                NamespaceConfiguration(name: "small", maxEntries: 50, eviction: policy),
                NamespaceConfiguration(name: "kept", maxBytes: 20_000, eviction: .none),
            ] + (policy == .lru ? [] : [NamespaceConfiguration(name: "other", eviction: policy)]),
            stripes: 8)
    }

    @Test("Under every operation at once budgets hold, versions rise, and nothing deleted returns")
    func everythingAtOnce() {
        let cache = TestCache(Self.configurations[0])
        let tally = Tally()
        DispatchQueue.concurrentPerform(iterations: Self.threads) { thread in
            var random = SeededGenerator(state: UInt64(thread))
            var newest: [String: UInt64] = [:]
            for step in 0..<6_000 {
                let prefix = ["", "small:", "kept:", "other:"].randomElement(using: &random)
                let key = (prefix ?? "") + "\(Int.random(in: 0..<400, using: &random))"
                operate(cache, key, step, &random)
                fly(cache, key, tally)
                if let entry = cache.peek(key) {
                    if entry.version < newest[key, default: 0] {
                        tally.backwards.add(1, ordering: .relaxed)
                    }
                    newest[key] = entry.version
                }
                if step % 50 == 0 { check(cache, tally) }
                // A key of this thread alone: what it deletes stays deleted.
                let own = "own\(thread).\(step % 5)"
                cache.set(own, String(step))
                cache.delete(own)
                if cache.peek(own) != nil { tally.resurrections.add(1, ordering: .relaxed) }
                if thread == 0 && step % 300 == 299 {
                    cache.engine.reconfigure(Self.configurations[step / 300 % 4])
                }
            }
        }
        #expect(tally.overruns.load(ordering: .relaxed) == 0)
        #expect(tally.backwards.load(ordering: .relaxed) == 0)
        #expect(tally.resurrections.load(ordering: .relaxed) == 0)
        let joined = tally.joined.load(ordering: .relaxed)
        #expect(joined == tally.told.load(ordering: .relaxed), "each is told once")
        for stripe in 0..<cache.engine.stripes.count {
            #expect(cache.engine.stripes.withLock(stripe) { $0.flights.count } == 0)
        }
        _ = cache.sweep()
        let left = cache.keys().compactMap { cache.peek($0) }
        #expect(cache.totals.entries == left.count)
        #expect(cache.totals.bytes == left.map(\.footprintBytes).reduce(0, +))
        #expect(cache.engine.removeEverything() == left.count)
        #expect(cache.totals.entries == 0 && cache.totals.bytes == 0)
        // Room that was lost on the way would show now.
        for number in 0..<50 { #expect(cache.set("small:\(number)").version != nil) }
        #expect(cache.counters("small")?.entries == 50)
    }

    private func operate(
        _ cache: TestCache, _ key: String, _ step: Int, _ random: inout SeededGenerator
    ) {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35: _ = cache.get(key)
        case 35..<70:
            let count = Int.random(in: 0..<2_000, using: &random)
            cache.set(key, String(repeating: "v", count: count))
        case 70..<80: cache.delete(key)
        case 80..<88: cache.touch(key, ttl: .after(.milliseconds(100)))
        case 88..<94: cache.invalidate(key)
        case 94..<97:
            cache.advance(by: .milliseconds(1))
            _ = cache.sweep(20)
        case 97: _ = cache.engine.removeAll(now: cache.now, where: { $0.value.count > 1_900 })
        case 98: _ = cache.keys()
        default: if step % 500 == 0 { _ = cache.engine.removeEverything() }
        }
    }

    /// Leads a flight of the key and ends it, or waits for who does.
    private func fly(_ cache: TestCache, _ key: String, _ tally: Tally) {
        let boarding = key.withBytes { cache.engine.board($0, partition: 0, now: cache.now) }
        switch boarding {
        case .leads(let fill): cache.engine.finish(fill, .success(nil))
        case .joins(let wait):
            tally.joined.add(1, ordering: .relaxed)
            wait.whenComplete { _ in tally.told.add(1, ordering: .relaxed) }
        case .hit(let entry):
            if entry.keyText != key { tally.backwards.add(1, ordering: .relaxed) }
        case .refused: break
        }
    }

    private func check(_ cache: TestCache, _ tally: Tally) {
        // Each stripe is read at its own moment, so only what the budget itself says is exact.
        for budget in cache.engine.budgets where budget.isExceeded {
            tally.overruns.add(1, ordering: .relaxed)
        }
    }

    @Test("Conditional sets by many threads lose no update, whatever else goes on")
    func noLostUpdate() {
        let cache = TestCache(Self.configurations[0])
        cache.set("kept:counter", "0", ttl: .never)
        let rounds = 2_000
        DispatchQueue.concurrentPerform(iterations: Self.threads + 1) { thread in
            for round in 0..<rounds {
                if thread == Self.threads {
                    disturb(cache, round)
                    continue
                }
                while true {
                    guard let entry = cache.peek("kept:counter"), let value = Int(entry.text) else {
                        return
                    }
                    let outcome = cache.set(
                        "kept:counter", String(value + 1), ttl: .never,
                        condition: .ifVersion(entry.version))
                    if outcome.version != nil { break }
                }
            }
        }
        #expect(cache.get("kept:counter") == String(Self.threads * rounds))
    }

    /// What must leave the counter alone.
    private func disturb(_ cache: TestCache, _ round: Int) {
        cache.set("other:\(round % 100)", "v", ttl: .after(.milliseconds(1)))
        cache.advance(by: .milliseconds(1))
        _ = cache.sweep(10)
        guard round % 20 == 0 else { return }
        _ = cache.engine.removeAll(now: cache.now, where: { $0.key.first != UInt8(ascii: "k") })
        cache.engine.reconfigure(Self.configurations[round / 20 % 4])
    }

    @Test(
        "Loads, invalidations and deletes at once: no read is older than an acknowledged change",
        arguments: [nil, Duration.zero])
    func noStaleFill(softTTL: Duration?) async {  // zero: every hit begins a refresh, or finds one
        let cache = TestCache()
        let origin = Origin()
        await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<Self.threads {
                group.addTask {
                    for step in 0..<2_000 {
                        if worker == 0 {
                            let value = origin.value.add(1, ordering: .sequentiallyConsistent)
                            if step % 2 == 0 { cache.invalidate("k") } else { cache.delete("k") }
                            origin.acknowledged.store(
                                value.newValue, ordering: .sequentiallyConsistent)
                            await Task.yield()
                            continue
                        }
                        let floor = origin.acknowledged.load(ordering: .sequentiallyConsistent)
                        let text = try? await cache.load("k") {
                            let value = origin.value.load(ordering: .sequentiallyConsistent)
                            await Task.yield()
                            return Loaded(value: Array(String(value).utf8), softTTL: softTTL)
                        }
                        guard let value = text.flatMap({ $0 }).flatMap({ Int($0) }) else {
                            return false
                        }
                        if value < floor { return false }
                    }
                    return true
                }
            }
            for await isFresh in group { #expect(isFresh) }
        }
    }

    private final class Origin: Sendable {
        let value = Atomic<Int>(0)
        let acknowledged = Atomic<Int>(0)
    }
}

extension CacheEngine {
    /// The budgets in force.
    fileprivate var budgets: [Budget] { current.withLock { $0.budgets } }
}
