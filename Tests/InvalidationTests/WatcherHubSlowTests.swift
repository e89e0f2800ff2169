// Watchers whose streams do not take what they are sent.

import Testing

@testable import Invalidation

@Suite("A slow watcher")
struct WatcherHubSlowTests {
    private let fixture = HubFixture()
    private let sink = TestSink()

    private func subscribe(mark: Int) throws -> Watcher<TestSink> {
        let watcher = try fixture.subscribe(["a*"], sink: sink)
        _ = sink.take()
        sink.mark = mark
        return watcher
    }

    private func change(_ key: String = "a") {
        fixture.log.append(key: key)
        fixture.run()
    }

    private func outrunHistory() {
        for _ in 0..<1_001 { fixture.log.append(key: "a") }
        fixture.run()
    }

    @Test("is served from the log, in order, and is not told")
    func continues() throws {
        let watcher = try subscribe(mark: 0)
        for _ in 0..<5 { change() }
        change("b")
        #expect(watcher.state == .replaying && fixture.hub.statistics.replaying == 1)
        #expect(sink.take().flatMap(\.events).map(\.revision) == [1])
        fixture.hub.becameWritable(watcher)
        fixture.run()
        #expect(sink.take().flatMap(\.events).map(\.revision) == [2, 3, 4, 5])
        fixture.hub.becameWritable(watcher)
        #expect(watcher.state == .live && fixture.hub.statistics.replaying == 0)
        change()
        #expect(sink.takeWords() == ["set key a by  because "])
        #expect(fixture.hub.statistics.resets == 0)
        #expect(fixture.hub.statistics.eventsDelivered == 6)
    }

    @Test("that reads what it gets loses nothing of a flood, though a chunk is above its mark")
    func flood() throws {
        let watcher = try subscribe(mark: 0)
        for index in 0..<6_000 { fixture.log.append(key: "a\(index % 50)") }
        var events: [InvalidationEvent] = []
        while fixture.run(turns: 1) > 0 {
            let messages = sink.take()
            #expect(messages.count <= 1)
            #expect(messages.allSatisfy { (1...256).contains($0.events.count) })
            events += messages.flatMap(\.events)
            fixture.hub.becameWritable(watcher)
        }
        #expect(events.count == 6_000)
        let grouped = Dictionary(grouping: events, by: \.partition)
        #expect(grouped.values.allSatisfy { $0.map(\.revision) == Array(1...UInt64($0.count)) })
        #expect(watcher.state == .live && fixture.hub.statistics.resets == 0)
        #expect(fixture.hub.statistics.eventsDelivered == 6_000)
    }

    @Test("has no more waiting than its mark and a message, however much comes")
    func bound() throws {
        _ = try subscribe(mark: 3)
        for _ in 0..<50 { change() }
        #expect(sink.waiting.count == 4)
        #expect(fixture.hub.statistics.eventsDelivered == 4)
    }

    @Test("is reset when it takes more and the log has forgotten what it missed")
    func reset() throws {
        let watcher = try subscribe(mark: 0)
        change()
        outrunHistory()
        #expect(sink.take().flatMap(\.events).map(\.revision) == [1])
        sink.mark = .max
        fixture.hub.becameWritable(watcher)
        change("b")
        let messages = sink.take()
        #expect(messages.map(\.words) == ["reset slowConsumer", "subscribed resumed false"])
        #expect(try messages[0].position() == fixture.log.position())
        change()
        #expect(sink.take().flatMap(\.events).map(\.revision) == [1_003])
        #expect(fixture.hub.statistics.resets == 1 && fixture.hub.statistics.replaying == 0)
    }

    @Test("from the start hears once that it is live")
    func fullAtOnce() throws {
        sink.mark = 0
        let watcher = try fixture.subscribe(sink: sink)
        change()
        #expect(sink.takeWords() == ["subscribed resumed false"])
        fixture.hub.becameWritable(watcher)
        fixture.run()
        #expect(sink.take().flatMap(\.events).count == 1)
    }

    @Test("costs the others of its group nothing")
    func others() throws {
        let other = TestSink()
        _ = try subscribe(mark: 0)
        _ = try fixture.subscribe(["a*"], sink: other)
        for _ in 0..<5 { change() }
        #expect(other.take().flatMap(\.events).count == 5)
    }

    @Test("gets no progress")
    func noProgress() throws {
        let watcher = try subscribe(mark: 0)
        change()
        _ = sink.take()
        fixture.hub.tick(now: .seconds(31))
        #expect(sink.waiting.isEmpty)
        fixture.hub.becameWritable(watcher)
        fixture.hub.tick(now: .seconds(32))
        #expect(sink.takeWords() == ["progress"])
    }

    @Test("hears of the draining at its own position")
    func draining() throws {
        let watcher = try subscribe(mark: 0)
        change()
        change()
        fixture.hub.announceDraining(to: watcher, grace: .seconds(1))
        let messages = sink.take()
        #expect(messages.map(\.words) == ["set key a by  because ", "draining 1.0 seconds"])
        #expect(try messages[0].position() == messages[1].position())
        fixture.hub.becameWritable(watcher)
        fixture.run()
        #expect(sink.take().flatMap(\.events).map(\.revision) == [2])
    }

    @Test("goes on when its stream drained within the very call that filled it")
    func reentrantWritable() throws {
        let watcher = try subscribe(mark: 0)
        let hub = fixture.hub
        sink.onSend = { hub.becameWritable(watcher) }
        for _ in 0..<3 { change() }
        #expect(watcher.state == .live)
        #expect(sink.take().flatMap(\.events).count == 3)
        sink.onSend = nil
    }

    @Test("is reset once when the hub lost history meanwhile")
    func historyLost() throws {
        let fixture = HubFixture(eventsPerPartition: 10, feedCapacity: 10)
        let watcher = try fixture.subscribe(sink: sink)
        _ = sink.take()
        sink.mark = 0
        fixture.log.append(key: "a")
        fixture.run()
        for _ in 0..<50 { fixture.log.append(key: "a") }
        fixture.run()
        _ = sink.take()
        fixture.hub.becameWritable(watcher)
        fixture.run()
        #expect(sink.takeWords() == ["reset slowConsumer", "subscribed resumed false"])
        #expect(fixture.hub.statistics.resets == 1)
    }
}
