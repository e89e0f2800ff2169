// The queue between the log and a hub.

import Synchronization
import Testing

@testable import Invalidation

@Suite("A feed")
struct InvalidationFeedTests {
    private final class Bell: Sendable {
        let rings = Atomic(0)
    }

    private let bell = Bell()

    private func listening(_ feed: InvalidationFeed) {
        let bell = bell
        feed.activate { bell.rings.add(1, ordering: .relaxed) }
    }

    private var rings: Int { bell.rings.load(ordering: .relaxed) }

    @Test("gets nothing while nobody listens")
    func inactive() {
        let log = InvalidationLog(epoch: 1, feedCount: 1)
        log.append(key: "a")
        listening(log.feeds[0])
        var batch: [InvalidationEvent] = []
        #expect(!log.feeds[0].take(into: &batch))
        #expect(batch.isEmpty && rings == 0)
    }

    @Test("wakes its hub once, until it came")
    func wake() {
        let log = InvalidationLog(epoch: 1, feedCount: 2)
        let feed = log.feeds[1]
        listening(feed)
        for _ in 0..<3 { log.append(key: "a") }
        #expect(rings == 1)
        var batch: [InvalidationEvent] = []
        feed.wakeArrived()
        #expect(!feed.take(into: &batch))
        #expect(batch.map(\.revision) == [1, 2, 3])
        log.append(key: "a")
        #expect(rings == 2)
        feed.requestWake()
        #expect(rings == 2)
    }

    @Test("drops everything when it is full, says so, and goes on")
    func overflow() {
        let log = InvalidationLog(epoch: 1, feedCount: 1, feedCapacity: 4)
        let feed = log.feeds[0]
        listening(feed)
        for _ in 0..<7 { log.append(key: "a") }
        var batch: [InvalidationEvent] = []
        #expect(feed.take(into: &batch))
        #expect(batch.isEmpty)
        log.append(key: "a")
        #expect(!feed.take(into: &batch))
        #expect(batch.map(\.revision) == [8])
    }

    @Test("is empty after it was switched off and on")
    func reactivation() {
        let log = InvalidationLog(epoch: 1, feedCount: 1)
        let feed = log.feeds[0]
        listening(feed)
        log.append(key: "a")
        feed.deactivate()
        log.append(key: "a")
        listening(feed)
        log.append(key: "a")
        var batch: [InvalidationEvent] = []
        #expect(!feed.take(into: &batch))
        #expect(batch.map(\.revision) == [3])
        #expect(rings == 2)
    }
}
