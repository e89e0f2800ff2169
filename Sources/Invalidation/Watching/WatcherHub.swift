// The watchers of one event loop and how far they have come; confined to that loop.

/// Serves the watchers of one event loop from the log.
///
/// The hub has one position for all live watchers. It advances in chunks: a chunk's events are
/// matched once per group of equal filters, encoded once per group, and carry the position
/// after the chunk as their token, so resuming from any token continues exactly behind it.
/// Who resumes in the past, or whose sink is full, is served from the log with a position of its
/// own until it has caught up (`WatcherHub+Replay.swift`).
///
/// Without watchers the hub is asleep: its feed is inactive and its position stale.
package final class WatcherHub<Sink: WatcherSink> {
    /// The most events in one message.
    package static var maxChunkEvents: Int { 256 }

    /// The most events that a hub applies, and that all its replays together read, before it
    /// lets the event loop go on.
    static var maxEventsPerTurn: Int { 16 * maxChunkEvents }

    /// The most steps that a turn spends on comparing events' patterns with watchers' patterns;
    /// beyond that, such events go to watchers untried.
    static var maxIntersectionSteps: Int { 1_000_000 }

    let log: InvalidationLog
    let feed: InvalidationFeed
    private let wake: @Sendable () -> Void
    let encode: (WatcherMessage) -> Sink.Payload

    /// The last revision of each partition that was applied.
    var position: Position { didSet { encodedPosition = nil } }
    var encodedPosition: [UInt8]?
    var groups: [WatcherFilter: FilterGroup<Sink>] = [:]
    var index = FilterIndex<Sink>()

    // What was taken from the feed and is not applied yet, from `batchOffset` on.
    var batch: [InvalidationEvent] = []
    var batchOffset = 0
    /// Up to where the log is read before the feed is looked at again, after an overflow.
    var catchUpTarget: Position?

    /// What is left of this turn's `maxIntersectionSteps`.
    var intersectionSteps = 0
    var eventsTried: UInt64 = 0
    var touchedGroups: [FilterGroup<Sink>] = []
    /// Replaying watchers whose sinks take more, each once: they go on at the next drain.
    var readyReplays: [Watcher<Sink>] = []
    /// Watchers whose positions the log has not come to yet.
    var aheadOfLog: [Watcher<Sink>] = []
    /// Whether sinks are being called; what they call back waits in `deferredWritable`.
    var isBusy = false
    var deferredWritable: [Watcher<Sink>] = []

    /// The time of the last tick or subscription, which is precise enough for heartbeats.
    var now = Duration.zero
    /// No heartbeat is due before.
    var nextHeartbeat: Duration?

    /// What the hub has done so far.
    package internal(set) var statistics = HubStatistics()

    /// A hub without watchers.
    ///
    /// - Parameters:
    ///   - log: the log to serve from.
    ///   - feed: one of the log's feeds, this hub's alone.
    ///   - wake: called on any thread, also under the writers' locks, when `drain` has work:
    ///     it must only see to it that the event loop calls `drain` soon, once. It is not called
    ///     again before that.
    ///   - encode: makes a payload of a message, which it need not keep.
    package init(
        log: InvalidationLog, feed: InvalidationFeed, wake: @escaping @Sendable () -> Void,
        encode: @escaping (WatcherMessage) -> Sink.Payload
    ) {
        self.log = log
        self.feed = feed
        self.wake = wake
        self.encode = encode
        position = Position(
            epoch: log.epoch, revisions: .init(repeating: 0, count: log.partitionCount))
    }

    deinit {
        feed.deactivate()
    }

    /// Whether the log has all its partitions, so that watchers can be served.
    package var isReady: Bool { log.isReady }

    /// Adds a watcher, and sends it the beginning of its stream: from now on without
    /// `resumption`, else what came after it, or a reset where that cannot be had. `subscribed`
    /// comes as soon as the watcher is live.
    ///
    /// The sink may fill up before this returns: when it takes more by then, call
    /// `becameWritable`, which never harms. The log must be ready.
    package func subscribe(
        _ filter: WatcherFilter, resumption: Position? = nil, heartbeat: Duration, now: Duration,
        sink: Sink
    ) -> Watcher<Sink> {
        precondition(!isBusy, "a sink subscribed from within the hub")
        precondition(isReady, "a stream is live with all partitions or not at all")
        if statistics.watchers == 0 { activate() }
        let group = group(for: filter)
        let watcher = Watcher(group: group, sink: sink, heartbeat: heartbeat, now: now)
        turn {
            self.now = max(self.now, now)
            // What happened before this call is none of the new watcher's news. One that
            // resumes wants it anyway.
            if resumption == nil { advanceToPresent() }
            group.add(watcher)
            statistics.watchers += 1
            start(watcher, at: resumption)
        }
        return watcher
    }

    /// Removes a watcher; its sink is not called any more.
    package func unsubscribe(_ watcher: Watcher<Sink>) {
        guard watcher.state != .closed else { return }
        endReplay(of: watcher)
        watcher.state = .closed
        watcher.sink = nil
        let group = watcher.group
        group.remove(watcher)
        if group.watchers.isEmpty {
            groups[group.filter] = nil
            index.remove(group)
            statistics.groups -= 1
        }
        statistics.watchers -= 1
        if statistics.watchers == 0 { deactivate() }
    }

    /// Tells the hub that a watcher's sink is below its mark again.
    package func becameWritable(_ watcher: Watcher<Sink>) {
        guard !isBusy else {
            deferredWritable.append(watcher)
            return
        }
        turn { resumeSending(to: watcher) }
    }

    /// Applies what has come since; called when `wake` asked for it. Asks to be woken again
    /// where it leaves work for a later turn.
    package func drain() {
        feed.wakeArrived()
        guard !isBusy else { return feed.requestWake() }
        guard statistics.watchers > 0 else { return }
        turn {
            if advance() { feed.requestWake() }
            admitAhead()
            advanceReplays()
        }
    }

    private func group(for filter: WatcherFilter) -> FilterGroup<Sink> {
        if let group = groups[filter] { return group }
        let group = FilterGroup<Sink>(filter: filter)
        groups[filter] = group
        index.insert(group)
        statistics.groups += 1
        return group
    }

    private func activate() {
        feed.activate(wake: wake)
        position = log.position()
    }

    private func deactivate() {
        feed.deactivate()
        batch = []
        batchOffset = 0
        catchUpTarget = nil
        readyReplays = []
        aheadOfLog = []
        nextHeartbeat = nil
    }

    /// Runs a piece of work that calls sinks, then what they called back meanwhile.
    func turn(_ work: () -> Void) {
        isBusy = true
        intersectionSteps = Self.maxIntersectionSteps
        work()
        while let watcher = deferredWritable.popLast() { resumeSending(to: watcher) }
        isBusy = false
        if !readyReplays.isEmpty { feed.requestWake() }
    }
}
