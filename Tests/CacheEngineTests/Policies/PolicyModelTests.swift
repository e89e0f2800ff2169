// Tests each policy against a naive picture of it.

import Locks
import Synchronization
import Testing

@testable import CacheEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct PolicyModelTests {
    /// How many steps a test takes; POLICY_TEST_STEPS asks for more.
    private static let steps = getenv("POLICY_TEST_STEPS").flatMap { Int(String(cString: $0)) }

    private static func cache(_ policy: EvictionPolicyName, entries: Int) -> TestCache {
        TestCache(
            EngineConfiguration(
                maxBytes: 1 << 30, maxEntries: entries, eviction: policy, stripes: 1))
    }

    private static func key(_ number: Int) -> String { "k\(number)" }

    /// Plays random calls on both, and compares each answer, and each eviction.
    private func play(
        _ policy: EvictionPolicyName, _ model: inout some PolicyModel, entries: Int,
        seed: UInt64 = 4, on given: TestCache? = nil
    ) throws {
        let cache = given ?? Self.cache(policy, entries: entries)
        var random = SeededGenerator(state: seed)
        var held: Set<Int> = []
        for step in 0..<(Self.steps ?? 20_000) {
            // Some keys are popular; what is popular changes.
            let range = Bool.random(using: &random) ? entries / 2 : entries * 3
            let key = Int.random(in: 0..<range, using: &random) + step / 2_000 * entries / 4
            let name = Self.key(key)
            let before = cache.reading()
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9:
                let isHit = cache.get(name) != nil
                if isHit != held.contains(key) { Issue.record("step \(step): hit \(isHit)") }
                if held.contains(key) { model.use(key, at: cache.moment(before)) }
            case 9..<17:
                let wasHeld = held.contains(key)
                let count = Int.random(in: 0..<200, using: &random)
                let outcome = cache.set(name, String(repeating: "v", count: count))
                if policy == .none, !wasHeld, held.count == entries {
                    try #require(outcome.reason == .noRoom, "step \(step)")
                    continue
                }
                let moment = cache.moment(before)
                let bytes = try #require(cache.peek(name)?.footprintBytes)
                if wasHeld {
                    model.replace(key, bytes: bytes, at: moment)
                    continue
                }
                if held.count == entries {
                    let next = model.victim(at: cache.moment(before, after: before))
                    let gone = next == nil ? held.first { cache.peek(Self.key($0)) == nil } : nil
                    let victim = try #require(next ?? gone)
                    try #require(
                        cache.peek(Self.key(victim)) == nil, "step \(step): \(victim) is to go")
                    model.remove(victim)
                    held.remove(victim)
                }
                model.insert(key, bytes: bytes, at: moment)
                held.insert(key)
            case 17:
                cache.delete(name)
                if held.remove(key) != nil { model.remove(key) }
            case 18:
                guard cache.touch(name) != nil, let entry = cache.peek(name) else { break }
                model.replace(key, bytes: entry.footprintBytes, at: cache.moment(before))
            default:
                let isThere = cache.peek(name) != nil
                if isThere != held.contains(key) { Issue.record("step \(step): \(isThere)") }
            }
            if step % 2_500 == 0 {
                try #require(cache.keys().sorted() == held.map { Self.key($0) }.sorted())
            }
        }
        let (totals, least) = (cache.totals, (Self.steps ?? 20_000) / 40)
        #expect(totals.entries == held.count)
        #expect(policy == .none ? totals.rejectedForRoom > least : totals.evictions > least)
        if policy == .none { #expect(totals.evictions == 0) }
    }

    @Test("LRU evicts as a naive list of the last uses does", arguments: [7, 50, 150])
    func lru(entries: Int) throws {
        var model = LRUModel()
        try play(.lru, &model, entries: entries)
    }

    @Test("FIFO evicts as a naive queue does", arguments: [7, 50, 150])
    func fifo(entries: Int) throws {
        var model = FIFOModel()
        try play(.fifo, &model, entries: entries)
    }

    @Test("LFU evicts as naive counts with a rising floor do", arguments: [7, 50, 150])
    func lfu(entries: Int) throws {
        var model = LFUModel()
        try play(.lfu, &model, entries: entries)
    }

    @Test("By size it evicts what a naive search finds", arguments: [7, 50, 150])
    func size(entries: Int) throws {
        var model = SizeModel()
        try play(.size, &model, entries: entries)
    }

    @Test("W-TinyLFU evicts as three naive lists and the engine's counts do", arguments: [80, 300])
    func tinylfu(entries: Int) throws {
        let cache = Self.cache(.tinylfu, entries: entries)
        var model = TinyLFUModel { cache.hash(of: Self.key($0)) }
        try play(.tinylfu, &model, entries: entries, on: cache)
    }

    @Test("At random it evicts one entry, any, and no other", arguments: [7, 50])
    func anyOne(entries: Int) throws {
        var model = UnorderedModel()
        try play(.random, &model, entries: entries)
    }

    @Test("Where nothing is evicted, what does not fit is refused", arguments: [7, 50, 150])
    func none(entries: Int) throws {
        var model = UnorderedModel()
        try play(.none, &model, entries: entries)
    }

    @Test("At random, every entry is evicted about as often as another")
    func random() {
        let entries = 100
        let cache = Self.cache(.random, entries: entries)
        for number in 0..<entries { cache.set(Self.key(number)) }
        // A key that is evicted comes back: each one's returns are counted.
        var returns = [Int](repeating: 0, count: entries)
        for turn in 0..<10_000 {
            cache.set("other\(turn)")
            cache.delete("other\(turn)")
            for number in 0..<entries where cache.peek(Self.key(number)) == nil {
                returns[number] += 1
                cache.set(Self.key(number))
            }
        }
        // 100 each in the mean, with a deviation of 10.
        #expect(returns.allSatisfy { $0 > 50 && $0 < 150 }, "\(returns)")
    }
}

extension TestCache {
    private var domain: PolicyDomain { engine.current.withLock { $0 }.segments[0].domain }

    /// What the domain says now.
    func reading() -> Moment.Reading {
        let shared = domain.shared
        return Moment.Reading(
            epoch: shared.pointee.clock.load(ordering: .relaxed) >> 32,
            age: UInt8(truncatingIfNeeded: shared.pointee.age.load(ordering: .relaxed) >> 32),
            windowShare: shared.pointee.windowShare.load(ordering: .relaxed))
    }

    func hash(of key: String) -> UInt64 { key.withBytes { engine.hasher.hash($0) } }

    func moment(_ before: Moment.Reading, after: Moment.Reading? = nil) -> Moment {
        Moment(before: before, after: after ?? reading())
    }
}
