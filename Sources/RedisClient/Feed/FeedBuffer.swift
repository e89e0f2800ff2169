// The messages of a partition that must wait for older ones; a value, its feed's loop only.

import Invalidation

/// The newest messages of one partition, in a run without a gap.
///
/// What is not in it is in the server's log, from where older messages come anyway. So it may
/// forget whatever it likes: only how often the log is read depends on it.
struct FeedBuffer {
    /// The most events it holds.
    static let maxEvents = 256
    /// The most bytes that it holds, but for its newest event.
    static let maxBytes = 64 << 10

    /// Which life of the partition the events are of.
    private(set) var epoch: UInt64 = 0
    private(set) var events: [InvalidationEvent] = []
    private var usedBytes = 0

    var isEmpty: Bool { events.isEmpty }

    /// Adds an event; what does not lead up to it is forgotten.
    mutating func add(_ event: InvalidationEvent, epoch: UInt64) {
        if let last = events.last, epoch == self.epoch {
            if event.revision <= last.revision { return }
            let isFull =
                events.count == Self.maxEvents
                || usedBytes + event.footprintBytes > Self.maxBytes
            if event.revision != last.revision + 1 || isFull { clear() }
        } else {
            clear()
        }
        self.epoch = epoch
        events.append(event)
        usedBytes += event.footprintBytes
    }

    /// Forgets what is of another epoch, and what claims to be newer than the newest.
    mutating func keep(upTo place: FeedPlace) {
        guard epoch == place.epoch, let last = events.last else { return clear() }
        if last.revision > place.revision { clear() }
    }

    /// Forgets what is known.
    mutating func drop(through revision: UInt64) {
        guard let last = events.last else { return }
        if last.revision <= revision { return clear() }
        let known = events.prefix { $0.revision <= revision }.count
        guard known > 0 else { return }
        events.removeFirst(known)
        usedBytes = events.reduce(0) { $0 + $1.footprintBytes }
    }

    /// Gives away all that it holds.
    mutating func take() -> [InvalidationEvent] {
        defer { clear() }
        return events
    }

    mutating func clear() {
        events = []
        usedBytes = 0
    }
}
