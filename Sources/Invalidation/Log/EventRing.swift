// The latest events of one partition, bounded in number and bytes; guarded by its owner's lock.

/// The tail of a partition's history: contiguous revisions, the oldest dropped first. It begins
/// after any revision.
struct EventRing {
    private let maxEvents: Int
    private let maxBytes: Int
    // Grows to `maxEvents` and then wraps: revision r lives in slot (r - 1 - origin) mod maxEvents.
    private var slots: [InvalidationEvent?] = []
    private var usedBytes = 0
    /// The revision before the first event that was ever appended.
    private let origin: UInt64

    /// The revision of the newest event; the origin before the first.
    private(set) var last: UInt64

    /// The revision of the oldest event held; above `last` when there is none.
    private(set) var first: UInt64

    /// A ring that holds at most `maxEvents`, and of those the newest ones that fit into
    /// `maxBytes`, but the newest of all in any case. Its first event will be the one after
    /// `origin`.
    init(maxEvents: Int, maxBytes: Int, origin: UInt64 = 0) {
        precondition(maxEvents > 0 && maxBytes > 0)
        self.origin = origin
        last = origin
        first = origin + 1
        self.maxEvents = maxEvents
        self.maxBytes = maxBytes
    }

    mutating func append(_ event: InvalidationEvent) {
        precondition(event.revision == last + 1, "revisions are contiguous")
        let slot = slot(of: event.revision)
        if slot == slots.count {
            slots.append(event)
        } else {
            if let oldest = slots[slot] {
                usedBytes -= oldest.footprintBytes
                first += 1
            }
            slots[slot] = event
        }
        last = event.revision
        usedBytes += event.footprintBytes
        while usedBytes > maxBytes, first < last { dropFirst() }
    }

    /// Up to `limit` events after `revision`, oldest first.
    func events(after revision: UInt64, limit: Int) -> [InvalidationEvent] {
        precondition(revision + 1 >= first && revision <= last)
        let count = min(limit, Int(last - revision))
        var events: [InvalidationEvent] = []
        events.reserveCapacity(count)
        for offset in 0..<UInt64(count) {
            // Every slot from `first` to `last` is filled.
            if let event = slots[slot(of: revision + 1 + offset)] { events.append(event) }
        }
        return events
    }

    private mutating func dropFirst() {
        let slot = slot(of: first)
        usedBytes -= slots[slot]?.footprintBytes ?? 0
        slots[slot] = nil
        first += 1
    }

    private func slot(of revision: UInt64) -> Int {
        Int((revision - 1 - origin) % UInt64(maxEvents))
    }
}
