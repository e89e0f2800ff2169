// Hubs on threads of their own while other threads write: meant for the thread sanitizer too.

import Foundation
import Synchronization
import Testing

@testable import Invalidation

@Suite("Hubs beside concurrent writers")
struct HubStressTests {
    private static let writers = 4
    private static let changes = 10_000

    /// What one hub thread shares with the test.
    private final class Shared: Sendable {
        let log: InvalidationLog
        let isDone = Atomic(false)
        let failures = Mutex<[String]>([])
        let received = Atomic(0)
        let resets = Atomic(0)

        init(log: InvalidationLog) {
            self.log = log
        }
    }

    @Test("give every event in order, whatever the threads do", arguments: [300, 65_536])
    func stress(feedCapacity: Int) async throws {
        let log = InvalidationLog(
            epoch: 7, eventsPerPartition: 100_000, feedCount: 2, feedCapacity: feedCapacity)
        let shared = Shared(log: log)
        async let hubs: Void = withThreads(2) { Self.serve(feed: $0, shared) }
        await withThreads(Self.writers) { writer in
            for index in 0..<Self.changes { log.append(key: "k\((index + writer) % 50)") }
        }
        shared.isDone.store(true, ordering: .sequentiallyConsistent)
        await hubs
        #expect(shared.failures.withLock { $0 } == [])
        #expect(shared.resets.load(ordering: .relaxed) == 0)
        // Each of the two hubs has one watcher that sees everything there was.
        #expect(
            shared.received.load(ordering: .relaxed) == 2 * Self.writers * Self.changes)
    }

    /// A hub thread: a watcher from the very first event on, and one that comes and goes.
    private static func serve(feed: Int, _ shared: Shared) {
        let start = Position(
            epoch: shared.log.epoch, revisions: .init(repeating: 0, count: Partitioning.count))
        let fixture = HubFixture(log: shared.log, feed: feed)
        var watchers = [StressWatcher(), StressWatcher()]
        while true {
            let isLast = shared.isDone.load(ordering: .sequentiallyConsistent)
            for index in watchers.indices {
                watchers[index].resume(in: fixture, from: start)
            }
            fixture.run()
            for index in watchers.indices { watchers[index].receive(shared.failures) }
            // It sleeps and wakes with a race against the writers each time.
            watchers[1].leave(fixture)
            if feed == 1, !isLast { watchers[0].leave(fixture) }
            if isLast { break }
        }
        fixture.run()
        watchers[0].receive(shared.failures)
        shared.received.add(watchers[0].received, ordering: .relaxed)
        shared.resets.add(Int(fixture.hub.statistics.resets), ordering: .relaxed)
    }

    /// Runs threads and waits for them all.
    private func withThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
        await withCheckedContinuation { continuation in
            let left = DispatchGroup()
            for index in 0..<count {
                left.enter()
                Thread.detachNewThread {
                    body(index)
                    left.leave()
                }
            }
            left.notify(queue: .global()) { continuation.resume() }
        }
    }
}

/// A watcher that checks, by its own tokens and revisions, that nothing is lost or repeated.
private struct StressWatcher {
    private(set) var received = 0
    private var last: Position?
    private var connection: (watcher: Watcher<TestSink>, sink: TestSink)?

    mutating func resume(in fixture: HubFixture, from start: Position) {
        guard connection == nil else { return }
        let sink = TestSink()
        let watcher = fixture.hub.subscribe(
            WatcherFilter(), resumption: last ?? start, heartbeat: .seconds(1), now: .zero,
            sink: sink)
        last = last ?? start
        connection = (watcher, sink)
    }

    mutating func leave(_ fixture: HubFixture) {
        guard let (watcher, _) = connection else { return }
        fixture.hub.unsubscribe(watcher)
        connection = nil
    }

    mutating func receive(_ failures: borrowing Mutex<[String]>) {
        for message in connection?.sink.take() ?? [] {
            guard var expected = last, let position = try? message.position() else { return }
            for event in message.events {
                let partition = event.partition
                if event.revision != expected.revisions[partition] + 1 {
                    let text =
                        "\(partition): \(event.revision) after \(expected.revisions[partition])"
                    failures.withLock { $0.append(text) }
                }
                expected.revisions[partition] = event.revision
            }
            if expected != position { failures.withLock { $0.append("a token is off") } }
            received += message.events.count
            last = position
        }
    }
}
