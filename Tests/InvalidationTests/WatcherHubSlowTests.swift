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

    @Test("that drains before it missed anything loses nothing")
    func full() throws {
        let watcher = try subscribe(mark: 0)
        change()
        change("b")
        #expect(watcher.state == .full)
        #expect(sink.take().flatMap(\.events).map(\.revision) == [1])
        fixture.hub.becameWritable(watcher)
        change()
        #expect(sink.take().flatMap(\.events).map(\.revision) == [2])
        #expect(fixture.hub.statistics.resets == 0 && sink.drops == 0)
    }

    @Test("loses what waits with the first event it misses, and is reset when it takes more")
    func reset() throws {
        let watcher = try subscribe(mark: 1)
        for _ in 0..<5 { change() }
        #expect(sink.waiting.isEmpty && sink.drops == 1)
        sink.mark = .max
        fixture.hub.becameWritable(watcher)
        let reset = try #require(sink.take().first)
        #expect(reset.words == "reset slowConsumer")
        #expect(try reset.position() == fixture.log.position())
        change()
        #expect(sink.take().flatMap(\.events).map(\.revision) == [6])
    }

    @Test("hears again that it is live when that was dropped")
    func lostSubscribed() throws {
        sink.mark = 0
        let watcher = try fixture.subscribe(sink: sink)
        change()
        #expect(sink.waiting.isEmpty)
        fixture.hub.becameWritable(watcher)
        #expect(sink.takeWords() == ["reset slowConsumer", "subscribed resumed false"])
    }

    @Test("does not hear again that it is live when it got that")
    func keptSubscribed() throws {
        sink.mark = 1
        let watcher = try fixture.subscribe(sink: sink)
        change()
        #expect(sink.take(1).count == 1)
        change()
        fixture.hub.becameWritable(watcher)
        #expect(sink.takeWords() == ["reset slowConsumer"])
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

    @Test("hears of the draining only after the reset that it is due")
    func draining() throws {
        _ = try subscribe(mark: 0)
        change()
        change()
        fixture.hub.drainForShutdown(grace: .seconds(1))
        #expect(sink.takeWords() == ["reset slowConsumer", "draining 1.0 seconds"])
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
        fixture.hub.becameWritable(watcher)
        #expect(sink.takeWords() == ["reset slowConsumer"])
        #expect(fixture.hub.statistics.resets == 1)
    }
}
