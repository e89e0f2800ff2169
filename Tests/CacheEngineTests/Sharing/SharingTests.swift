// Tests a cache whose entries are shared: what gets in, what is kept out, what may be read.

import Locks
import Synchronization
import Testing

@testable import CacheEngine

private final class SharedCache: Sendable {
    let engine: CacheEngine
    let now = Timestamp(nanoseconds: 1_000_000_000)
    /// The version that the store has, where a test shares one.
    let stored = Atomic<UInt64>(1)
    /// The version of the latest news.
    let newest = Atomic<UInt64>(1)
    let waited = Atomic<Int>(0)
    let answered = Atomic<Int>(0)

    init(maxEntries: Int? = nil) {
        engine = CacheEngine(
            configuration: EngineConfiguration(
                maxBytes: 1 << 20, maxEntries: maxEntries, eviction: .none, stripes: 1),
            hashSeed: (1, 2), partitions: 4, commit: { _ in 0 })
    }

    func stamp(_ version: UInt64, held: Duration = .seconds(10)) -> SharedStamp {
        SharedStamp(
            version: version, createdAt: now, expiresAt: now + .seconds(60),
            heldUntil: now + held)
    }

    func board(_ key: String) -> FillBoarding {
        key.withBytes { engine.board($0, partition: 1, now: now) }
    }

    func lead(_ key: String) throws -> Fill {
        guard case .leads(let fill) = board(key) else { throw Unexpected() }
        return fill
    }

    func land(_ fill: Fill, _ key: String, _ version: UInt64) {
        land(fill, key, stamp(version))
    }

    func land(_ fill: Fill, _ key: String, _ stamp: SharedStamp) {
        key.withBytes {
            _ = engine.land(fill, EntryDraft(key: $0, value: $0), stamp, now: now)
        }
    }

    func version(_ key: String) -> UInt64? {
        key.withBytes { engine.get($0, now: now) }?.version
    }

    func drop(_ key: String, _ revision: UInt64) -> Bool {
        key.withBytes { engine.drop($0, olderThan: revision) }
    }
}

private struct Unexpected: Error {}

@Suite struct SharingTests {
    private let cache = SharedCache()

    @Test("A fill brings the entry with what others know of it, and its own time here")
    func fill() throws {
        cache.land(try cache.lead("k"), "k", 7)
        let entry = try #require("k".withBytes { cache.engine.get($0, now: cache.now) })
        #expect(entry.version == 7 && entry.expiresAt == cache.now + .seconds(60))
        #expect(entry.text == "k" && entry.keyText == "k")
        let later = cache.now + .seconds(10)
        #expect("k".withBytes { cache.engine.get($0, now: later) } == nil, "held for 10 s")
    }

    @Test("A fill keeps from when on its value is stale, also beside a wide version")
    func softExpiry() throws {
        for version in [7, 1 << 50] as [UInt64] {
            var stamp = cache.stamp(version)
            stamp.softExpiresAt = cache.now + .seconds(5)
            cache.land(try cache.lead("k\(version)"), "k\(version)", stamp)
            let entry = try #require(
                "k\(version)".withBytes { cache.engine.get($0, now: cache.now) })
            #expect(entry.version == version && entry.keyText == "k\(version)")
            #expect(entry.text == entry.keyText && entry.expiresAt == cache.now + .seconds(60))
            #expect(entry.softExpiresAt == cache.now + .seconds(5))
            #expect(!entry.isStale(at: cache.now) && entry.isStale(at: entry.softExpiresAt))
        }
    }

    @Test("News keeps out what is older, also what is under way; what is as new stays")
    func news() throws {
        let fill = try cache.lead("k")
        #expect(!cache.drop("k", 8))
        cache.land(fill, "k", 7)
        #expect(cache.version("k") == nil)
        cache.land(try cache.lead("k"), "k", 8)
        #expect(!cache.drop("k", 8) && cache.version("k") == 8, "the news of that very entry")
        #expect(cache.drop("k", 9) && cache.version("k") == nil)
    }

    @Test("A fill that is as new as the news lands, but nobody joins it after the news")
    func floor() throws {
        let fill = try cache.lead("k")
        _ = cache.drop("k", 8)
        let second = try cache.lead("k")
        cache.land(fill, "k", 8)
        #expect(cache.version("k") == 8)
        cache.land(second, "k", 7)
        #expect(cache.version("k") == 8, "an older one does not replace it")
    }

    @Test("A reset or a suspension during a fill keeps its value out")
    func partitions() throws {
        let first = try cache.lead("a")
        cache.engine.reset(partition: 1)
        cache.land(first, "a", 5)
        #expect(cache.version("a") == nil)
        let second = try cache.lead("b")
        cache.engine.suspend(partition: 1)
        cache.land(second, "b", 5)
        #expect(cache.version("b") == nil)
        cache.engine.resume(partition: 1)
        #expect(cache.version("b") == nil)
    }

    @Test("A reset is for good, a suspension until it is over, and other partitions go on")
    func words() throws {
        cache.land(try cache.lead("k"), "k", 5)
        cache.engine.reset(partition: 2)
        cache.engine.suspend(partition: 0)
        #expect(cache.version("k") == 5)
        cache.engine.suspend(partition: 1)
        #expect(cache.version("k") == nil)
        let entry = "k".withBytes { cache.engine.suspendedEntry($0, now: cache.now) }
        #expect(entry?.version == 5, "who accepts it gets it")
        cache.engine.resume(partition: 1)
        #expect(cache.version("k") == 5)
        cache.engine.reset(partition: 1)
        #expect("k".withBytes { cache.engine.suspendedEntry($0, now: cache.now) } == nil)
        #expect(cache.version("k") == nil)
        #expect(cache.engine.statistics().totals.entries == 0, "met, it is removed")
    }

    @Test("A word comes round to its first generation, not to that of nobody")
    func wrap() {
        var word = CoherenceWord(partition: 0)
        for _ in 0..<(1 << 20) - 1 { word = word.reset }
        #expect(word == CoherenceWord(partition: 0) && word != .alone)
        let last = CoherenceWord(partition: CoherenceWord.maxPartitions - 1)
        #expect(last.partition == CoherenceWord.maxPartitions - 1)
        #expect(last.suspended.reset.resumed == last.reset && last.suspended.isSuspended)
    }

    @Test("What an own write brings is read; what was under way then is not")
    func ownWrite() throws {
        let read = try cache.lead("k")
        let write = try #require("k".withBytes { cache.engine.beginWrite($0, partition: 1) })
        "k".withBytes {
            cache.engine.landWrite(
                write, EntryDraft(key: $0, value: $0), cache.stamp(9), now: cache.now)
        }
        cache.land(read, "k", 8)
        #expect(cache.version("k") == 9)
    }

    @Test("An own write that finds no room, or news, leaves nothing older behind")
    func ownWriteWithoutRoom() throws {
        let cache = SharedCache(maxEntries: 1)
        cache.land(try cache.lead("a"), "a", 1)
        let write = try #require("b".withBytes { cache.engine.beginWrite($0, partition: 1) })
        "b".withBytes {
            cache.engine.landWrite(
                write, EntryDraft(key: $0, value: $0), cache.stamp(2), now: cache.now)
        }
        #expect(cache.version("b") == nil && cache.version("a") == 1)
        let second = try #require("a".withBytes { cache.engine.beginWrite($0, partition: 1) })
        _ = cache.drop("a", 4)
        "a".withBytes {
            cache.engine.landWrite(
                second, EntryDraft(key: $0, value: $0), cache.stamp(3), now: cache.now)
        }
        #expect(cache.version("a") == nil)
    }

    @Test(
        "However fills, writes, news, resets and suspensions interleave, nobody reads the past",
        arguments: 1...8)
    func model(seed: UInt64) {
        var model = SharedModel(seed: seed, maxEntries: seed % 2 == 0 ? nil : 5)
        for step in 0..<50_000 where !model.step() {
            Issue.record("step \(step)")
            return
        }
        #expect(model.hits > 500 && model.landed > 500, "\(model.hits) \(model.landed)")
        #expect(model.engine.statistics().totals.coalesced > 500)
    }

    @Test("Under stress every caller of a fill gets its outcome once, and never an old one")
    func stress() async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask { [cache] in cache.work(isWriter: worker == 0) }
            }
        }
        let waited = cache.waited.load(ordering: .acquiring)
        #expect(waited == cache.answered.load(ordering: .acquiring))
    }
}

extension SharedCache {
    fileprivate func work(isWriter: Bool) {
        for round in 0..<5_000 {
            let floor = newest.load(ordering: .acquiring)
            switch board("k") {
            case .hit(let entry): #expect(entry.version >= floor)
            case .leads(let fill): land(fill, "k", stored.load(ordering: .acquiring))
            case .joins(let wait):
                waited.add(1, ordering: .relaxed)
                wait.whenComplete { [self] outcome in
                    answered.add(1, ordering: .relaxed)
                    if case .success(let entry?) = outcome { #expect(entry.version >= floor) }
                }
            case .refused: Issue.record("there is one flight at a time")
            }
            guard isWriter, round % 8 == 0 else { continue }
            // First the store has it, then the news comes, then nobody reads less.
            let next = stored.add(1, ordering: .acquiringAndReleasing).newValue
            _ = drop("k", next)
            newest.store(next, ordering: .releasing)
        }
    }
}
