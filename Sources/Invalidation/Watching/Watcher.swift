// One subscriber's place in its hub; confined to the hub's event loop.

/// One subscriber. Holds no position of its own while it is live: that is the hub's.
package final class Watcher<Sink: WatcherSink> {
    enum State: UInt8 {
        /// Gets from the log what it missed.
        case replaying
        /// Gets every event as it comes.
        case live
        /// Its sink is above the mark; it has missed nothing yet.
        case full
        /// It missed something, and will be reset when its sink takes more.
        case lossy
        /// It has left.
        case closed
    }

    /// How far a watcher has come that is not live yet.
    final class Replay {
        var position: Position
        var isBlocked = false

        init(position: Position) {
            self.position = position
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
    /// The messages since its `subscribed`, that one included: as many dropped, and it is lost.
    var sentSinceSubscribed: UInt32 = 0
    var hasLostSubscribed = false
    var state = State.replaying

    init(group: FilterGroup<Sink>, sink: Sink, heartbeat: Duration, now: Duration) {
        self.group = group
        self.sink = sink
        self.heartbeat = heartbeat
        self.lastSent = now
    }
}
