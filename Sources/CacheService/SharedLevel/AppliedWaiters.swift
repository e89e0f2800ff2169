// Who waits until changes of their own have come back by the feed; a value, guarded by its
// owner's lock.

/// Waiters, each for a revision of one or more partitions. What comes costs the logarithm of how
/// many wait for its partition, and nothing for those who wait for later.
struct AppliedWaiters: Sendable {
    typealias Resume = @Sendable () -> Void

    private struct Waiter: Sendable {
        /// How many partitions have not come as far.
        var missing: Int
        let resume: Resume
    }

    /// So many places of waiters that are gone are no reason to look for them.
    private static let fewPlaces = 64

    private var waiters: [Int: Waiter] = [:]
    private var lines: [Int: WaitingLine] = [:]
    private var lastID = 0
    /// The places in all lines, and those of them whose waiters still wait.
    private(set) var places = (all: 0, inUse: 0)

    var isEmpty: Bool { waiters.isEmpty }

    /// Adds one; its number is for ``take(_:)``.
    mutating func add(_ missing: [Int: UInt64], _ resume: @escaping Resume) -> Int {
        lastID += 1
        waiters[lastID] = Waiter(missing: missing.count, resume: resume)
        for (partition, revision) in missing {
            lines[partition, default: WaitingLine()].insert(lastID, until: revision)
        }
        places = (places.all + missing.count, places.inUse + missing.count)
        return lastID
    }

    /// A partition has come so far; who waits for nothing more is to be resumed.
    mutating func reached(_ partition: Int, _ revision: UInt64) -> [Resume] {
        var ready: [Resume] = []
        while let id = lines[partition]?.popFirst(upTo: revision) {
            places.all -= 1
            guard let missing = waiters[id]?.missing else { continue }
            places.inUse -= 1
            waiters[id]?.missing = missing - 1
            if missing == 1, let waiter = waiters.removeValue(forKey: id) {
                ready.append(waiter.resume)
            }
        }
        return ready
    }

    /// Takes one out that has waited for long enough.
    mutating func take(_ id: Int) -> Resume? {
        guard let waiter = waiters.removeValue(forKey: id) else { return nil }
        places.inUse -= waiter.missing
        if places.all > 2 * places.inUse + Self.fewPlaces {
            for partition in lines.keys { lines[partition]?.keep { waiters[$0] != nil } }
            places.all = places.inUse
        }
        return waiter.resume
    }
}

/// The waiters of one partition, the one for the lowest revision first: a binary heap.
private struct WaitingLine: Sendable {
    private var places: [(revision: UInt64, id: Int)] = []

    mutating func insert(_ id: Int, until revision: UInt64) {
        places.append((revision, id))
        var child = places.count - 1
        while child > 0, places[child].revision < places[(child - 1) / 2].revision {
            places.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The first, unless it waits for a later revision.
    mutating func popFirst(upTo revision: UInt64) -> Int? {
        guard let first = places.first, first.revision <= revision else { return nil }
        places.swapAt(0, places.count - 1)
        places.removeLast()
        sink(0)
        return first.id
    }

    /// Leaves out those that are not wanted.
    mutating func keep(_ isWanted: (Int) -> Bool) {
        places.removeAll { !isWanted($0.id) }
        for parent in places.indices.prefix(places.count / 2).reversed() { sink(parent) }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while 2 * parent + 1 < places.count {
            var child = 2 * parent + 1
            if child + 1 < places.count, places[child + 1].revision < places[child].revision {
                child += 1
            }
            guard places[child].revision < places[parent].revision else { return }
            places.swapAt(parent, child)
            parent = child
        }
    }
}
