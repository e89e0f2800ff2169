// The log of a history that others write, and what its watchers hear of it.

import Synchronization
import Testing

@testable import Invalidation

@Suite("A shared log")
struct SharedLogTests {
    private static let count = Partitioning.count
    private let log = InvalidationLog(pools: 1, eventsPerPartition: 8, feedCount: 1)
    private let sink = TestSink()

    /// A fixture whose partitions are all at revision 5 of epoch 1.
    private func begun() -> HubFixture {
        for partition in 0..<Self.count {
            log.begin(partition, epoch: 1, revision: 5, events: [])
        }
        return HubFixture(log: log)
    }

    @Test("is ready when the last partition has begun, and says so once")
    func ready() {
        let calls = Atomic(0)
        log.whenReady { calls.add(1, ordering: .relaxed) }
        for partition in 0..<Self.count {
            #expect(!log.isReady && calls.load(ordering: .relaxed) == 0)
            log.begin(partition, epoch: 1, revision: 0, events: [])
        }
        #expect(log.isReady && calls.load(ordering: .relaxed) == 1)
        log.whenReady { calls.add(1, ordering: .relaxed) }
        log.reset(3, epoch: 2, revision: 0)
        #expect(log.isReady && calls.load(ordering: .relaxed) == 2)
    }

    @Test("begins anywhere and keeps the revisions that it is given")
    func beginning() {
        let events = (93...100).map { InvalidationEvent.sample(7, $0) }
        log.begin(7, epoch: 1, revision: 100, events: events)
        for revision in 101...103 as ClosedRange<UInt64> { log.append(.sample(7, revision)) }
        #expect(log.revision(of: 7) == 103)
        guard case .events(let read) = log.read(7, after: 95, in: log.epoch, limit: 100),
            case .lost = log.read(7, after: 94, in: log.epoch, limit: 100),
            case .lost = log.read(7, after: 104, in: log.epoch, limit: 100),
            case .none = log.read(7, after: 103, in: log.epoch, limit: 100),
            case .otherEpoch = log.read(7, after: 95, in: log.epoch &+ 1, limit: 100)
        else {
            Issue.record("the edges are wrong")
            return
        }
        #expect(read.map(\.revision) == Array(96...103))
        #expect(log.eventCount == 8)
    }

    @Test("has one epoch with every log that knows the same")
    func epochs() {
        let fixture = begun()
        let other = InvalidationLog(pools: 1, feedCount: 0)
        for partition in (0..<Self.count).reversed() {
            other.begin(partition, epoch: partition == 9 ? 2 : 1, revision: 7, events: [])
        }
        #expect(fixture.log.epoch != other.epoch)
        fixture.log.reset(9, epoch: 2, revision: 0)
        #expect(fixture.log.epoch == other.epoch)
        // Further on in the same epoch: old positions are behind, and that is all.
        fixture.log.reset(9, epoch: 2, revision: 50)
        #expect(fixture.log.epoch == other.epoch)
        // Back in the same epoch: old positions must never fit again.
        fixture.log.reset(9, epoch: 2, revision: 49)
        #expect(fixture.log.epoch != other.epoch)
        let after = fixture.log.epoch
        fixture.log.reset(9, epoch: 2, revision: 60)
        #expect(fixture.log.epoch == after)
    }

    @Test("tells watchers of changes by their revisions")
    func changes() throws {
        let fixture = begun()
        _ = try fixture.subscribe(sink: sink)
        fixture.log.append(.sample(200, 6))
        fixture.run()
        let messages = sink.take()
        #expect(messages.map(\.words).first == "subscribed resumed false")
        #expect(messages.last?.events.map(\.revision) == [6])
        #expect(try messages.last?.position() == fixture.log.position())
    }

    @Test("tells watchers nothing of copies, whose revisions are no gaps to them")
    func copies() throws {
        let fixture = begun()
        let before = log.position()
        _ = try fixture.subscribe(sink: sink)
        log.append(.sample(200, 6, .all, copyOf: 9))
        log.append(.sample(1, 6, .all))
        fixture.run()
        log.append(.sample(200, 7, .all, copyOf: 9))
        log.append(.sample(200, 8))
        fixture.run()
        let messages = sink.take()
        #expect(
            messages.flatMap(\.events).map { "\($0.partition)/\($0.revision)" } == ["1/6", "200/8"])
        #expect(try messages.last?.position() == log.position())
        // Who resumes hears what the live ones have heard.
        let other = TestSink()
        _ = try fixture.subscribe(from: before, sink: other)
        fixture.run()
        let again = other.take()
        #expect(
            again.flatMap(\.events).map { "\($0.partition)/\($0.revision)" } == ["1/6", "200/8"])
        #expect(again.last?.words == "subscribed resumed true")
        #expect(fixture.hub.statistics.eventsDelivered == 4)
    }

    @Test("tells live watchers of a reset, each once, and goes on from there")
    func resets() throws {
        for (epoch, revision, reason) in [
            (2, 0, "epochChanged"), (1, 40, "historyLost"), (1, 4, "epochChanged"),
        ] as [(UInt64, UInt64, String)] {
            let log = InvalidationLog(pools: 1, feedCount: 1)
            for partition in 0..<Self.count {
                log.begin(partition, epoch: 1, revision: 5, events: [])
            }
            let fixture = HubFixture(log: log)
            let sinks = [TestSink(), TestSink()]
            for sink in sinks { _ = try fixture.subscribe(sink: sink) }
            log.append(.sample(1, 6))
            log.reset(3, epoch: epoch, revision: revision)
            log.append(.sample(3, revision + 1))
            fixture.run()
            log.append(.sample(3, revision + 2))
            fixture.run()
            for sink in sinks {
                let messages = sink.take()
                let resets = messages.map(\.words).filter { $0.hasPrefix("reset") }
                #expect(resets == ["reset \(reason)"])
                #expect(messages.last?.events.map(\.revision) == [revision + 2])
                #expect(try messages.last?.position() == log.position())
            }
        }
    }

    @Test("resets a slow watcher whose buffer was of another epoch")
    func slowWatcher() throws {
        let fixture = begun()
        sink.mark = 0
        let watcher = try fixture.subscribe(sink: sink)
        _ = sink.take()
        fixture.log.append(.sample(1, 6))
        fixture.log.reset(3, epoch: 2, revision: 5)
        fixture.run()
        sink.mark = .max
        fixture.hub.becameWritable(watcher)
        fixture.run()
        #expect(sink.takeWords() == ["reset epochChanged", "subscribed resumed false"])
        #expect(fixture.hub.statistics.replaying == 0)
    }

    @Test("takes a token of its new epoch although the hub has not heard of that yet")
    func newToken() throws {
        let fixture = begun()
        let other = TestSink()
        _ = try fixture.subscribe(sink: other)
        fixture.log.reset(3, epoch: 2, revision: 9)
        let token = fixture.log.position()
        _ = try fixture.subscribe(from: token, sink: sink)
        #expect(sink.takeWords() == ["subscribed resumed true"])
        #expect(other.takeWords() == ["subscribed resumed false", "reset epochChanged"])
    }

    @Test("tells a token of another number of partitions that its epoch is another")
    func otherLayout() throws {
        let fixture = begun()
        let position = Position(
            epoch: fixture.log.epoch, revisions: .init(repeating: 5, count: 2 * Self.count))
        _ = try fixture.subscribe(from: position, sink: sink)
        #expect(sink.takeWords() == ["reset epochChanged", "subscribed resumed false"])
    }

    /// A position that another instance gave, which has heard one change more.
    private func ahead(_ log: InvalidationLog) -> Position {
        var position = log.position()
        position.revisions[7] += 1
        return position
    }

    @Test("waits for what a watcher has seen elsewhere, and repeats nothing")
    func aheadOfLog() throws {
        let fixture = begun()
        let token = ahead(log)
        _ = try fixture.subscribe(from: token, sink: sink)
        log.append(.sample(200, 6))
        fixture.run()
        #expect(sink.takeWords() == [])
        log.append(.sample(7, 6))
        log.append(.sample(7, 7))
        fixture.run()
        let messages = sink.take()
        let got = messages.flatMap(\.events).map { "\($0.partition)/\($0.revision)" }
        #expect(Set(got) == ["200/6", "7/7"] && got.count == 2)
        #expect(messages.last?.words == "subscribed resumed true")
        #expect(fixture.hub.statistics.replaying == 0)
    }

    @Test("resets a watcher whose position it does not come to")
    func farAhead() throws {
        let fixture = begun()
        _ = try fixture.subscribe(from: ahead(log), sink: sink)
        fixture.hub.tick(now: .milliseconds(4_900))
        #expect(sink.takeWords() == [])
        fixture.hub.tick(now: .milliseconds(5_100))
        #expect(sink.takeWords() == ["reset historyLost", "subscribed resumed false"])
        #expect(fixture.hub.statistics.replaying == 0)
    }

    @Test("resets a watcher that waits, or lets it go")
    func aheadAndReset() throws {
        let fixture = begun()
        let gone = TestSink()
        _ = try fixture.subscribe(from: ahead(log), sink: sink)
        let leaving = try fixture.subscribe(from: ahead(log), sink: gone)
        fixture.hub.unsubscribe(leaving)
        log.reset(9, epoch: 2, revision: 0)
        fixture.run()
        #expect(sink.takeWords() == ["reset epochChanged", "subscribed resumed false"])
        #expect(gone.takeWords() == [])
        #expect(fixture.hub.statistics.replaying == 0)
    }
}
