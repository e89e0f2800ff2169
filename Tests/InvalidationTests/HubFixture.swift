// A hub with an event loop that exists in the test only.

import Synchronization

@testable import Invalidation

/// A log and one of its hubs, with the flag that an event loop would be.
final class HubFixture {
    final class Flag: Sendable {
        private let value = Atomic(false)
        func raise() { value.store(true, ordering: .sequentiallyConsistent) }
        func lower() -> Bool { value.exchange(false, ordering: .sequentiallyConsistent) }
    }

    private final class Counter {
        var count = 0
    }

    let log: InvalidationLog
    let hub: WatcherHub<TestSink>
    let flag = Flag()
    private let counter: Counter
    init(log: InvalidationLog, feed: Int = 0) {
        self.log = log
        let flag = flag
        let counter = Counter()
        hub = WatcherHub(log: log, feed: log.feeds[feed], wake: { flag.raise() }) { message in
            counter.count += 1
            return message
        }
        self.counter = counter
    }

    convenience init(eventsPerPartition: Int = 1_000, feedCapacity: Int = 65_536) {
        self.init(
            log: InvalidationLog(
                epoch: 7, eventsPerPartition: eventsPerPartition, feedCount: 1,
                feedCapacity: feedCapacity))
    }

    /// How many messages were encoded since this was last asked.
    func takeEncodings() -> Int {
        defer { counter.count = 0 }
        return counter.count
    }

    /// Drains as the event loop would: for each wake, once. Returns how often.
    @discardableResult
    func run(turns: Int = .max) -> Int {
        var count = 0
        while count < turns, flag.lower() {
            hub.drain()
            count += 1
        }
        return count
    }

    func subscribe(
        _ patterns: [String] = [], skipping writer: String = "", from position: Position? = nil,
        heartbeat: Duration = .seconds(30), now: Duration = .zero, sink: TestSink
    ) throws -> Watcher<TestSink> {
        let filter = WatcherFilter(
            patterns: try patterns.map { try Glob($0) }, skippedWriter: Array(writer.utf8))
        return hub.subscribe(
            filter, resumption: position, heartbeat: heartbeat, now: now, sink: sink)
    }
}
