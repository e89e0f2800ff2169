// The events of one read, in order; behind the recorder's pointer, event loop only.

/// A list of plain values, read while it grows: no reference is counted for a look at it.
struct EventList: ~Copyable {
    /// Events for which the memory is kept.
    private static let keptCount = 256

    private var base = UnsafeMutablePointer<ServerRecorder.Event>.allocate(capacity: 4)
    private var capacity = 4
    private(set) var count = 0

    init() {}

    deinit { base.deallocate() }

    var isEmpty: Bool { count == 0 }

    subscript(index: Int) -> ServerRecorder.Event {
        precondition(index < count, "no such event")
        return base[index]
    }

    mutating func append(_ event: ServerRecorder.Event) {
        if count == capacity { move(toCapacity: capacity * 2) }
        (base + count).initialize(to: event)
        count += 1
    }

    /// Forgets all events, and the memory that a flood of them has taken.
    mutating func removeAll() {
        count = 0
        if capacity > Self.keptCount { move(toCapacity: 4) }
    }

    private mutating func move(toCapacity wanted: Int) {
        let target = UnsafeMutablePointer<ServerRecorder.Event>.allocate(capacity: wanted)
        target.moveInitialize(from: base, count: count)
        base.deallocate()
        base = target
        capacity = wanted
    }
}
