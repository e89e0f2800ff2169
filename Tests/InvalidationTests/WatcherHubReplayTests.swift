// Watchers that continue where they had been, or learn that they cannot.

import Testing

@testable import Invalidation

@Suite("A watcher that resumes")
struct WatcherHubReplayTests {
    private let fixture = HubFixture()
    private let sink = TestSink()

    @Test("gets what it missed, then hears that it is live, then what changes")
    func replay() throws {
        let start = fixture.log.position()
        for key in ["user:1", "order:1", "user:1", "user:2"] { fixture.log.append(key: key) }
        let watcher = try fixture.subscribe(["user:*"], from: start, sink: sink)
        fixture.run()
        fixture.log.append(key: "user:3")
        fixture.run()
        let messages = sink.take()
        #expect(messages.map(\.events.count) == [3, 0, 1])
        #expect(messages[1].words == "subscribed resumed true")
        #expect(try messages[0].position() == messages[1].position())
        #expect(watcher.replay == nil)
        #expect(fixture.hub.statistics.replaying == 0)
    }

    @Test("with the newest token is live at once")
    func nothingMissed() throws {
        fixture.log.append(key: "a")
        _ = try fixture.subscribe(from: fixture.log.position(), sink: sink)
        #expect(sink.takeWords() == ["subscribed resumed true"])
    }

    @Test("in another life of the log is reset")
    func epoch() throws {
        fixture.log.append(key: "a")
        let foreign = Position(epoch: 8, revisions: fixture.log.position().revisions)
        _ = try fixture.subscribe(from: foreign, sink: sink)
        let messages = sink.take()
        #expect(messages.map(\.words) == ["reset epochChanged", "subscribed resumed false"])
        #expect(try messages[0].position() == fixture.log.position())
        #expect(fixture.hub.statistics.resets == 1)
    }

    @Test("behind what the log holds is reset")
    func lost() throws {
        let fixture = HubFixture(eventsPerPartition: 10)
        let start = fixture.log.position()
        for _ in 0..<11 { fixture.log.append(key: "a") }
        _ = try fixture.subscribe(from: start, sink: sink)
        fixture.run()
        #expect(sink.takeWords() == ["reset historyLost", "subscribed resumed false"])
    }

    @Test("is reset when the log overtakes it on the way")
    func overtaken() throws {
        let fixture = HubFixture(eventsPerPartition: 300)
        let start = fixture.log.position()
        for _ in 0..<300 { fixture.log.append(key: "a") }
        sink.mark = 0
        let watcher = try fixture.subscribe(from: start, sink: sink)
        fixture.run()
        let first = sink.take()
        #expect(first.count == 1)
        for _ in 0..<300 { fixture.log.append(key: "a") }
        fixture.run()
        sink.mark = .max
        fixture.hub.becameWritable(watcher)
        fixture.run()
        #expect(sink.takeWords() == ["reset historyLost", "subscribed resumed false"])
        #expect(fixture.hub.statistics.replaying == 0)
    }

    @Test("goes only as fast as its sink")
    func pace() throws {
        let start = fixture.log.position()
        for index in 0..<1_000 { fixture.log.append(key: "k\(index % 5)") }
        sink.mark = 0
        let watcher = try fixture.subscribe(from: start, sink: sink)
        var received: [InvalidationEvent] = []
        var messages = 0
        while watcher.state == .replaying {
            fixture.run()
            let got = sink.take()
            #expect(got.count == 1 && got[0].events.count <= 256)
            received += got.flatMap(\.events)
            messages += 1
            if messages == 2 {
                fixture.log.append(key: "k1")
                fixture.run()
                #expect(sink.waiting.isEmpty)
            }
            fixture.hub.becameWritable(watcher)
        }
        received += sink.take().flatMap(\.events)
        #expect(received.count == 1_001)
        let grouped = Dictionary(grouping: received, by: \.partition)
        #expect(grouped.values.allSatisfy { $0.map(\.revision) == Array(1...UInt64($0.count)) })
    }

    @Test("takes turns with the event loop over a long history")
    func turns() throws {
        let fixture = HubFixture(eventsPerPartition: 20_000)
        let start = fixture.log.position()
        for _ in 0..<10_000 { fixture.log.append(key: "a") }
        _ = try fixture.subscribe(from: start, sink: sink)
        #expect(sink.waiting.isEmpty)
        fixture.run(turns: 1)
        #expect(sink.waiting.map(\.events.count).reduce(0, +) == 4_096)
        #expect(fixture.run() >= 2)
        #expect(sink.waiting.map(\.events.count).reduce(0, +) == 10_000)
        #expect(sink.take().last?.words == "subscribed resumed true")
    }

    @Test("shares each turn with all others that do, first come, first served")
    func sharedTurns() throws {
        let fixture = HubFixture(eventsPerPartition: 5_000)
        let start = fixture.log.position()
        for _ in 0..<3_000 { fixture.log.append(key: "a") }
        let sinks = (0..<50).map { _ in TestSink() }
        for sink in sinks { _ = try fixture.subscribe(from: start, sink: sink) }
        #expect(sinks.allSatisfy { $0.waiting.isEmpty })
        var before = 0
        while fixture.run(turns: 1) > 0 {
            let counts = sinks.map { $0.waiting.map(\.events.count).reduce(0, +) }
            let sum = counts.reduce(0, +)
            #expect(sum - before <= 4_096 + 64)
            before = sum
            #expect(counts.filter { $0 == 0 }.count <= 50 - min(50, sum / 4_096))
        }
        #expect(before == 50 * 3_000)
        #expect(sinks.allSatisfy { $0.waiting.last?.words == "subscribed resumed true" })
        #expect(fixture.hub.statistics.eventsDelivered == 50 * 3_000)
        #expect(fixture.hub.statistics.replaying == 0)
    }

    @Test("takes a part of the turn even if it missed little")
    func smallReplays() throws {
        let start = fixture.log.position()
        fixture.log.append(key: "a")
        let sinks = (0..<200).map { _ in TestSink() }
        for sink in sinks { _ = try fixture.subscribe(from: start, sink: sink) }
        fixture.run(turns: 1)
        #expect(sinks.filter { !$0.waiting.isEmpty }.count == 64)
        fixture.run()
        #expect(sinks.allSatisfy { $0.waiting.count == 2 })
    }

    @Test("is asked to wait once only, though it was told of the draining while it waited")
    func blockedWhileQueued() throws {
        let start = fixture.log.position()
        for _ in 0..<1_000 { fixture.log.append(key: "a") }
        sink.mark = 0
        let watcher = try fixture.subscribe(from: start, sink: sink)
        fixture.hub.announceDraining(to: watcher, grace: .seconds(1))
        #expect(sink.takeWords() == ["draining 1.0 seconds"])
        fixture.hub.becameWritable(watcher)
        #expect(fixture.hub.readyReplays.count == 1)
        fixture.run()
        #expect(sink.take().map(\.events.count) == [256])
    }

    @Test("that leaves while it waits is forgotten")
    func leaves() throws {
        let start = fixture.log.position()
        fixture.log.append(key: "a")
        let watcher = try fixture.subscribe(from: start, sink: sink)
        fixture.hub.unsubscribe(watcher)
        fixture.run()
        #expect(sink.waiting.isEmpty && fixture.hub.readyReplays.isEmpty)
        #expect(fixture.hub.statistics.replaying == 0)
    }

    @Test("here with the token of a faster hub gets nothing twice")
    func fasterHub() throws {
        let log = InvalidationLog(epoch: 7, feedCount: 2)
        let (fast, slow) = (HubFixture(log: log, feed: 0), HubFixture(log: log, feed: 1))
        let other = TestSink()
        _ = try fast.subscribe(sink: sink)
        _ = try slow.subscribe(sink: other)
        log.append(key: "a")
        fast.run()
        let token = try #require(sink.take().last).position()
        let resumed = TestSink()
        _ = try slow.subscribe(from: token, sink: resumed)
        log.append(key: "a")
        slow.run()
        #expect(other.take().flatMap(\.events).map(\.revision) == [1, 2])
        let messages = resumed.take()
        #expect(messages.first?.words == "subscribed resumed true")
        #expect(messages.flatMap(\.events).map(\.revision) == [2])
    }

    @Test("from a future that the log never had is reset")
    func future() throws {
        var position = fixture.log.position()
        position.revisions[3] = 1
        _ = try fixture.subscribe(from: position, sink: sink)
        #expect(sink.takeWords() == ["reset historyLost", "subscribed resumed false"])
    }

    @Test("hears of the draining at its own position")
    func draining() throws {
        let start = fixture.log.position()
        for _ in 0..<1_000 { fixture.log.append(key: "a") }
        sink.mark = 0
        let watcher = try fixture.subscribe(from: start, sink: sink)
        fixture.run()
        fixture.hub.announceDraining(to: watcher, grace: .seconds(1))
        let messages = sink.take()
        #expect(messages.map(\.words).last == "draining 1.0 seconds")
        #expect(try messages[0].position() == messages[1].position())
        #expect(try messages[1].position() != fixture.log.position())
    }
}
