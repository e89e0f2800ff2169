// A hub's watchers while they are live: who gets what, in which messages.

import Testing

@testable import Invalidation

@Suite("A live watcher")
struct WatcherHubTests {
    private let fixture = HubFixture()
    private let sink = TestSink()

    @Test("is told first that it is live, then what changes, and nothing from before")
    func order() throws {
        fixture.log.append(key: "a")
        _ = try fixture.subscribe(sink: sink)
        fixture.log.append(key: "b", writer: "w")
        fixture.log.append(key: "b", kind: .delete)
        fixture.run()
        #expect(
            sink.takeWords() == [
                "subscribed resumed false",
                "set key b by w because , delete key b by  because ",
            ])
        #expect(fixture.hub.statistics.eventsDelivered == 2)
    }

    @Test("that comes later does not get what is still on its way to the others")
    func lateSubscriber() throws {
        let late = TestSink()
        _ = try fixture.subscribe(sink: sink)
        fixture.log.append(key: "a")
        _ = try fixture.subscribe(sink: late)
        #expect(sink.takeWords().count == 2)
        fixture.run()
        #expect(late.takeWords() == ["subscribed resumed false"])
    }

    @Test("gets the events that its patterns match, once, but for those of the skipped writer")
    func filters() throws {
        _ = try fixture.subscribe(["user:*", "user:1*", "*:2"], skipping: "me", sink: sink)
        _ = sink.take()
        for key in ["user:1", "order:1", "order:2", "user:2", "user"] {
            fixture.log.append(key: key)
            fixture.log.append(key: key, writer: "me")
        }
        fixture.run()
        let keys = ["user:1", "order:2", "user:2"]
        #expect(
            sink.takeWords()
                == [keys.map { "set key \($0) by  because " }.joined(separator: ", ")])
    }

    @Test("gets patterns that share a key with its own, every tag, and everything")
    func otherTargets() throws {
        _ = try fixture.subscribe(["user:*"], skipping: "me", sink: sink)
        _ = sink.take()
        for writer in ["", "me"] {
            try fixture.log.append(pattern: "*:1", writer: writer)
            try fixture.log.append(pattern: "order:*", writer: writer)
            fixture.log.append(tag: "red", writer: writer)
            fixture.log.appendEverything(writer: writer)
        }
        fixture.run()
        #expect(
            sink.takeWords() == [
                "invalidate pattern *:1 by  because , invalidate tag red by  because , "
                    + "invalidate everything by  because "
            ])
    }

    @Test("shares the encoding with all that have the same filter")
    func encodings() throws {
        let sinks = (0..<50).map { _ in TestSink() }
        for (index, sink) in sinks.enumerated() {
            let patterns = index % 2 == 0 ? ["a*", "b*"] : ["b*", "a*", "b*"]
            _ = try fixture.subscribe(patterns, sink: sink)
            _ = sink.take()
        }
        #expect(fixture.hub.statistics.groups == 1)
        _ = fixture.takeEncodings()
        fixture.log.append(key: "a")
        fixture.run()
        #expect(fixture.takeEncodings() == 1)
        #expect(sinks.allSatisfy { $0.take().count == 1 })
    }

    @Test("gets at most 256 events in a message, and a token exactly behind each")
    func chunks() throws {
        _ = try fixture.subscribe(sink: sink)
        let start = try #require(sink.take().first).position()
        for _ in 0..<600 { fixture.log.append(key: "a") }
        fixture.run()
        let messages = sink.take()
        #expect(messages.map(\.events.count) == [256, 256, 88])
        for (message, last) in zip(messages, [256, 512, 600] as [UInt64]) {
            #expect(try message.position().revisions[partition(of: "a")] == last)
        }
        var seen = 0
        for message in [nil] + messages.map(Optional.some) {
            seen += message?.events.count ?? 0
            let again = TestSink()
            let position = try message?.position() ?? start
            _ = try fixture.subscribe(from: position, sink: again)
            fixture.run()
            #expect(again.take().map(\.events.count).reduce(0, +) == 600 - seen)
        }
    }

    @Test("lets the event loop go on between the turns of a flood")
    func turns() throws {
        _ = try fixture.subscribe(sink: sink)
        _ = sink.take()
        for _ in 0..<10_000 { fixture.log.append(key: "a") }
        fixture.run(turns: 1)
        #expect(sink.waiting.map(\.events.count).reduce(0, +) == 4_096)
        fixture.log.append(key: "a")
        #expect(fixture.run() >= 2)
        #expect(sink.take().map(\.events.count).reduce(0, +) == 10_001)
    }

    @Test("loses nothing when the feed overflows but the log remembers")
    func overflow() throws {
        let fixture = HubFixture(eventsPerPartition: 1_000, feedCapacity: 100)
        _ = try fixture.subscribe(sink: sink)
        _ = sink.take()
        for index in 0..<800 { fixture.log.append(key: "k\(index % 7)") }
        fixture.run()
        for _ in 0..<10 { fixture.log.append(key: "k1") }
        fixture.run()
        let events = sink.take().flatMap(\.events)
        #expect(events.count == 810)
        let grouped = Dictionary(grouping: events, by: \.partition)
        #expect(grouped.values.allSatisfy { $0.map(\.revision) == Array(1...UInt64($0.count)) })
        #expect(fixture.hub.statistics.overflows == 1)
        #expect(fixture.hub.statistics.resets == 0)
    }

    @Test("is reset when the feed overflows and the log has forgotten")
    func overflowLost() throws {
        let fixture = HubFixture(eventsPerPartition: 50, feedCapacity: 100)
        _ = try fixture.subscribe(sink: sink)
        _ = sink.take()
        for _ in 0..<800 { fixture.log.append(key: "a") }
        fixture.run()
        let reset = try #require(sink.take().last)
        #expect(reset.words == "reset historyLost")
        #expect(try reset.position() == fixture.log.position())
        fixture.log.append(key: "a")
        fixture.run()
        #expect(sink.take().flatMap(\.events).map(\.revision) == [801])
    }

    @Test("hears progress after an idle heartbeat, with one encoding for all")
    func heartbeat() throws {
        let others = (0..<3).map { _ in TestSink() }
        _ = try fixture.subscribe(["a"], heartbeat: .seconds(10), sink: sink)
        for (index, other) in others.enumerated() {
            _ = try fixture.subscribe(["b\(index)"], heartbeat: .seconds(10), sink: other)
        }
        for sink in others + [sink] { _ = sink.take() }
        _ = fixture.takeEncodings()
        fixture.hub.tick(now: .seconds(9))
        fixture.log.append(key: "a")
        fixture.run()
        #expect(sink.take().count == 1)
        fixture.hub.tick(now: .seconds(10))
        #expect(sink.takeWords() == [])
        for other in others { #expect(other.takeWords() == ["progress"]) }
        #expect(fixture.takeEncodings() == 2)
        fixture.hub.tick(now: .seconds(18))
        #expect(sink.takeWords() == [])
        fixture.hub.tick(now: .seconds(19))
        let progress = try #require(sink.take().first)
        #expect(progress.words == "progress")
        #expect(try progress.position() == fixture.log.position())
    }

    @Test("may leave, or take others with it, while it is sent something")
    func reentrantUnsubscribe() throws {
        var watchers: [Watcher<TestSink>] = []
        let sinks = (0..<6).map { _ in TestSink() }
        for sink in sinks { watchers.append(try fixture.subscribe(sink: sink)) }
        for sink in sinks { _ = sink.take() }
        let hub = fixture.hub
        sinks[1].onSend = { [watchers] in
            for index in [1, 4, 0] { hub.unsubscribe(watchers[index]) }
        }
        fixture.log.append(key: "a")
        fixture.run()
        #expect(sinks.map(\.waiting.count) == [1, 1, 1, 1, 0, 1])
        fixture.log.append(key: "a")
        fixture.run()
        #expect(sinks.map(\.waiting.count) == [1, 1, 2, 2, 0, 2])
        #expect(hub.statistics.watchers == 3)
        sinks[1].onSend = nil
    }

    @Test("that is the last to leave puts the hub to sleep")
    func sleep() throws {
        let watcher = try fixture.subscribe(["a*"], sink: sink)
        #expect(fixture.log.feeds[0].isActive)
        fixture.hub.unsubscribe(watcher)
        fixture.hub.unsubscribe(watcher)
        #expect(!fixture.log.feeds[0].isActive)
        #expect(fixture.hub.statistics == HubStatistics())
        fixture.log.append(key: "a")
        #expect(fixture.run() == 0)
        let next = TestSink()
        _ = try fixture.subscribe(sink: next)
        fixture.log.append(key: "b")
        fixture.run()
        #expect(next.take().map(\.events.count) == [0, 1])
    }

    @Test("is told of the draining, and others are not")
    func draining() throws {
        let other = TestSink()
        let watcher = try fixture.subscribe(sink: sink)
        _ = try fixture.subscribe(sink: other)
        fixture.hub.announceDraining(to: watcher, grace: .seconds(5))
        #expect(sink.takeWords() == ["subscribed resumed false", "draining 5.0 seconds"])
        fixture.log.append(key: "a")
        fixture.run()
        #expect(sink.take().map(\.events.count) == [1])
        #expect(other.takeWords().filter { $0.hasPrefix("draining") }.isEmpty)
    }
}
