// One subscriber's place in its hub; confined to the hub's event loop.

/// One subscriber. Holds no position of its own while it is live: that is the hub's.
package final class Watcher<Sink: WatcherSink> {
    enum State: UInt8 {
        /// Gets from the log what it missed, or what its sink had no room for.
        case replaying
        /// Gets every event as it comes.
        case live
        /// It has left.
        case closed
    }

    /// How far a watcher has come that is not live yet.
    final class Replay {
        /// Whether it resumed by a token and was not told yet that it is live. Otherwise it was
        /// live, its sink is above the mark, and the log keeps for it what comes meanwhile.
        let isResumption: Bool
        var position: Position
        /// Whether its sink is above the mark.
        var isBlocked: Bool
        /// Whether it is among the hub's `readyReplays`.
        var isQueued = false
        /// Until when it waits for the log to come as far as its position; nil: it does not.
        var patienceEnd: Duration?
        /// A partition in which it was ahead of the log.
        var aheadIn = 0

        init(position: Position, isResumption: Bool) {
            self.isResumption = isResumption
            self.position = position
            isBlocked = !isResumption
        }
    }

    /// Its group, which the hub keeps for as long as the watcher is in it.
    unowned let group: FilterGroup<Sink>
    let heartbeat: Duration
    var sink: Sink?
    var replay: Replay?
    var lastSent: Duration
    /// Where it is among its group's watchers.
    var index = 0
    var state = State.replaying

    init(group: FilterGroup<Sink>, sink: Sink, heartbeat: Duration, now: Duration) {
        self.group = group
        self.sink = sink
        self.heartbeat = heartbeat
        self.lastSent = now
    }
}
