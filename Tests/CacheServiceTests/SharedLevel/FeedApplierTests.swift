// How the feed's news gets into memory and log, without servers: the test plays the feed.

import CacheEngine
import Invalidation
import NIOCore
import NIOEmbedded
import NIOPosix
import RedisClient
import Synchronization
import Testing

@testable import CacheService

/// An applier with its memory and its log; the feed's calls come from the test.
private final class Fixture {
    let engine: CacheEngine
    let log = InvalidationLog(pools: 1, eventsPerPartition: 64, feedCount: 1)
    let applier: FeedApplier
    let now = Timestamp(nanoseconds: 1)
    static let partition = partition(of: "k")
    static let all = Array(0..<Partitioning.count)

    static func partition(of key: String) -> Int {
        Array(key.utf8).withUnsafeBytes { Partitioning.partition(of: $0) }
    }

    /// - Parameter timers: Where its timers are.
    init(
        begins: Bool = true,
        timers: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    ) {
        engine = CacheEngine(
            configuration: EngineConfiguration(maxBytes: 1 << 24), hashSeed: (1, 2),
            partitions: Partitioning.count, commit: CacheService.ignoredCommit)
        applier = FeedApplier(
            engine: engine, log: log, maxStaleness: .seconds(5), clock: ServiceClock(),
            timers: timers)
        guard begins else { return }
        for partition in 0..<Partitioning.count {
            applier.began(partition: partition, epoch: 1, revision: 10, events: [])
        }
        applier.feedRepaired(partitions: Self.all)
    }

    /// Stores an entry as a look-up does; whether it may be read afterwards.
    @discardableResult
    func store(_ key: String, version: UInt64) -> Bool {
        let bytes = Array(key.utf8)
        bytes.withUnsafeBytes { bytes in
            let partition = Partitioning.partition(of: bytes)
            guard case .leads(let fill) = engine.board(bytes, partition: partition, now: now)
            else { return }
            let stamp = SharedStamp(
                version: version, createdAt: now, expiresAt: .never, heldUntil: .never)
            _ = engine.land(fill, EntryDraft(key: bytes, value: bytes), stamp, now: now)
        }
        return holds(key)
    }

    func holds(_ key: String) -> Bool {
        Array(key.utf8).withUnsafeBytes { engine.peek($0, now: now) } != nil
    }

    func apply(
        _ target: InvalidationTarget, _ revision: UInt64, in partition: Int = partition,
        copyOf: UInt64 = 0
    ) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let change = InvalidationEvent(
            partition: partition, revision: revision, target: target, kind: .invalidate,
            writer: nothing, cause: nothing, copyOf: copyOf)
        applier.apply(FeedEvent(epoch: 1, change: change))
    }

    func applyKey(_ key: String, _ revision: UInt64) {
        Array(key.utf8).withUnsafeBytes { apply(.key($0), revision, in: Self.partition(of: key)) }
    }
}

@Suite struct FeedApplierTests {
    @Test("nothing is held of a partition before all is heard that concerns it")
    func beginning() {
        let fixture = Fixture(begins: false)
        #expect(!fixture.store("k", version: 11))
        fixture.applier.began(partition: Fixture.partition, epoch: 1, revision: 10, events: [])
        #expect(!fixture.store("k", version: 11))
        fixture.applier.feedRepaired(partitions: [Fixture.partition])
        #expect(fixture.store("k", version: 11))
    }

    @Test("an announcement is looked for once, whichever of its copies comes first")
    func copies() async throws {
        let fixture = Fixture()
        let others = [0, 1, 2].filter { $0 != Fixture.partition }
        #expect(fixture.store("k", version: 10))
        fixture.apply(.pattern(try Glob("k*")), 11, in: others[0], copyOf: 7)
        try await eventually { fixture.log.revision(of: others[0]) == 11 }
        #expect(!fixture.holds("k"))
        // What is stored from here on was read after the change.
        #expect(fixture.store("k", version: 12))
        fixture.apply(.pattern(try Glob("k*")), 11, in: others[1], copyOf: 7)
        try await eventually { fixture.log.revision(of: others[1]) == 11 }
        #expect(fixture.holds("k"))
        fixture.apply(.pattern(try Glob("k*")), 12, in: others[1], copyOf: 8)
        try await eventually { fixture.log.revision(of: others[1]) == 12 }
        #expect(!fixture.holds("k"))
    }

    @Test("a copy that was forgotten among many others is looked for again")
    func manyCopies() async throws {
        let fixture = Fixture()
        for revision in 11..<200 as Range<UInt64> {
            fixture.apply(.pattern(try Glob("nothing")), revision, copyOf: revision)
        }
        fixture.apply(.everything, 200, copyOf: 1)
        try await eventually { fixture.log.revision(of: Fixture.partition) == 200 }
        #expect(fixture.store("k", version: 10))
        fixture.apply(.pattern(try Glob("k*")), 201, copyOf: 11)
        try await eventually { fixture.log.revision(of: Fixture.partition) == 201 }
        #expect(!fixture.holds("k"))
    }

    @Test("a repair while a change of many keys is being looked for leaves nothing to find")
    func repairDuringWalk() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let fixture = Fixture(timers: loop)
        for number in 0..<5_000 { fixture.store("k\(number)", version: 10) }
        fixture.applier.feedLost(partitions: Fixture.all, at: loop.now)
        await loop.advanceTime(by: .seconds(6))
        fixture.apply(.pattern(try Glob("k*")), 11)
        fixture.applier.feedRepaired(partitions: Fixture.all)
        #expect((0..<5_000).allSatisfy { !fixture.holds("k\($0)") })
        try await eventually { fixture.log.revision(of: Fixture.partition) == 11 }
        #expect(fixture.store("k", version: 12))
    }

    @Test("a partition that goes to another shard is forgotten, and no other")
    func moves() {
        let fixture = Fixture()
        let other = (0..<100).map { "k\($0)" }.first {
            Fixture.partition(of: $0) != Fixture.partition
        }
        #expect(fixture.store("k", version: 10))
        #expect(fixture.store(other ?? "", version: 10))
        fixture.applier.feedMoved(partitions: [Fixture.partition])
        #expect(!fixture.holds("k") && fixture.holds(other ?? ""))
        #expect(fixture.store("k", version: 10))
    }

    @Test("a change drops what is older and is in the log; its own entry stays")
    func change() {
        let fixture = Fixture()
        fixture.store("k", version: 10)
        fixture.applyKey("k", 11)
        #expect(!fixture.holds("k"))
        fixture.store("k", version: 12)
        fixture.applyKey("k", 12)
        #expect(fixture.holds("k"))
        #expect(fixture.log.revision(of: Fixture.partition) == 12)
    }

    @Test("what comes after a change of many keys waits in its partition, and in no other")
    func walks() async throws {
        let fixture = Fixture()
        for number in 0..<5_000 { fixture.store("k\(number)", version: 10) }
        fixture.apply(.pattern(try Glob("k*")), 11)
        // These come while the walk is under way, or right after it: the order is the same.
        for revision in 12..<40 as Range<UInt64> { fixture.applyKey("k", revision) }
        fixture.apply(.everything, 40)
        fixture.applyKey("k", 41)
        try await eventually { fixture.log.revision(of: Fixture.partition) == 41 }
        #expect(!fixture.holds("k1"))
        guard
            case .events(let events) = fixture.log.read(
                Fixture.partition, after: 10, in: fixture.log.epoch, limit: 64)
        else {
            Issue.record("the log has them all")
            return
        }
        #expect(events.map(\.revision) == Array(11...41))
    }

    @Test("a reset forgets the partition, and overtakes what waits")
    func reset() async throws {
        let fixture = Fixture()
        for number in 0..<5_000 { fixture.store("k\(number)", version: 10) }
        fixture.store("k", version: 10)
        fixture.apply(.pattern(try Glob("nothing*")), 11)
        for revision in 12..<20 as Range<UInt64> { fixture.applyKey("k", revision) }
        fixture.applier.reset(partition: Fixture.partition, epoch: 2, revision: 500)
        #expect(!fixture.holds("k"))
        try await eventually { fixture.log.revision(of: Fixture.partition) == 500 }
    }

    @Test("what a partition lost may concern the keys of all of them: memory forgets them")
    func lostChangesOfManyKeys() throws {
        let fixture = Fixture()
        let other = Fixture.partition == 0 ? 1 : 0
        #expect(fixture.store("k", version: 10))
        fixture.applier.reset(partition: other, epoch: 2, revision: 500)
        #expect(!fixture.holds("k"))
        #expect(fixture.store("k", version: 10))
    }

    @Test("what was told in a partition before it began may concern the keys of all of them")
    func changesBeforeTheBeginning() {
        let fixture = Fixture(begins: false)
        let other = Fixture.partition == 0 ? 1 : 0
        fixture.applier.began(partition: Fixture.partition, epoch: 1, revision: 10, events: [])
        fixture.applier.feedRepaired(partitions: [Fixture.partition])
        #expect(fixture.store("k", version: 10))
        fixture.applier.began(partition: other, epoch: 1, revision: 10, events: [])
        #expect(!fixture.holds("k"))
        #expect(fixture.store("k", version: 10))
    }

    @Test("a reset overtakes a change of many keys that waits for another, and forgets its keys")
    func resetOfWhatWaits() async throws {
        let fixture = Fixture()
        for number in 0..<5_000 { fixture.store("k\(number)", version: 10) }
        fixture.apply(.pattern(try Glob("nothing*")), 11)
        fixture.apply(.pattern(try Glob("k*")), 12)
        fixture.applier.reset(partition: Fixture.partition, epoch: 2, revision: 500)
        #expect((0..<5_000).allSatisfy { !fixture.holds("k\($0)") })
        try await eventually { fixture.log.revision(of: Fixture.partition) == 500 }
    }

    @Test("without a feed memory answers for max_staleness, and again when it is repaired")
    func staleness() async {
        // The test makes its time.
        let loop = NIOAsyncTestingEventLoop()
        let fixture = Fixture(timers: loop)
        fixture.store("k", version: 10)
        let all = Fixture.all
        fixture.applier.feedLost(partitions: all, at: loop.now)
        await loop.advanceTime(by: .milliseconds(4_900))
        #expect(fixture.holds("k"))
        await loop.advanceTime(by: .milliseconds(200))
        #expect(!fixture.holds("k"))
        fixture.applier.feedRepaired(partitions: all)
        #expect(fixture.holds("k"))
        // One that is repaired in time is not suspended by the loss before.
        fixture.applier.feedLost(partitions: all, at: loop.now)
        fixture.applier.feedRepaired(partitions: all)
        await loop.advanceTime(by: .seconds(6))
        #expect(fixture.holds("k"))
        await loop.shutdownGracefully()
    }

    @Test("who waits for the log is resumed when it comes so far, or out of patience")
    func waiting() async throws {
        let fixture = Fixture()
        let applier = fixture.applier
        let partition = Fixture.partition
        func somebodyWaits() -> Bool { applier.hasWaiters.load(ordering: .relaxed) }
        let waiting = Task { await applier.waitForLog([partition: 12], patience: .seconds(60)) }
        try await eventually { somebodyWaits() }
        fixture.applyKey("k", 11)
        #expect(somebodyWaits())
        fixture.applyKey("k", 12)
        await waiting.value
        await applier.waitForLog([partition: 5], patience: .seconds(60))
        #expect(!somebodyWaits())
    }
}
