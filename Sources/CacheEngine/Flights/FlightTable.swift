// Owns the flights of one stripe; guarded by the stripe's lock.

/// The values under way, by key.
///
/// A flight stores its value only while it is in here. A change of its key throws it out, and
/// since both happen under the stripe's lock, no value from before a change comes back after it;
/// callers who ask after the change start a flight of their own.
///
/// Where the change has a revision that others gave, the flight stays and gets a floor instead:
/// what it brings may land if it is not from before that revision.
///
/// A hash table by the hash that the entries are found with; flights of one bucket are linked.
struct FlightTable {
    /// The most flights at a time in one stripe.
    static let maxFlights = 4_096
    private static let firstBuckets = 16

    // Empty until the first flight. It grows with the flights, and never shrinks: a walk over
    // the buckets in turns meets every flight that was there when it began.
    private var heads: [Flight?] = []
    private(set) var count = 0

    var isFull: Bool { count >= Self.maxFlights }

    /// A flight of the key, begun in this state of its partition, that a caller may join.
    @inline(__always)
    func joinable(
        _ key: UnsafeRawBufferPointer, hash: UInt64, coherence: CoherenceWord = .alone
    ) -> Flight? {
        guard count > 0 else { return nil }
        var flight = heads[bucket(hash)]
        while let current = flight {
            if current.key.isSame(as: key, hash: hash), current.isJoinable,
                current.coherence == coherence
            {
                return current
            }
            flight = current.next
        }
        return nil
    }

    mutating func add(_ flight: Flight) {
        if count >= heads.count { grow() }
        link(flight)
        flight.isInTable = true
        count += 1
    }

    /// Takes out this very flight, if it is still in.
    mutating func remove(_ flight: Flight) {
        guard flight.isInTable else { return }
        unlink(from: bucket(flight.key.hash)) { $0 === flight }
    }

    /// Throws out the flights of a key.
    @inline(__always)
    mutating func forget(_ key: UnsafeRawBufferPointer, hash: UInt64) {
        guard count > 0 else { return }
        unlink(from: bucket(hash)) { $0.key.isSame(as: key, hash: hash) }
    }

    /// Throws out the flights of the matching keys in `width` buckets from `start` on; answers
    /// where to go on, nil at the end.
    mutating func forget(
        from start: Int, width: Int, where matches: (UnsafeRawBufferPointer) -> Bool
    ) -> Int? {
        let end = min(start + width, heads.count)
        guard count > 0, start < end else { return nil }
        for bucket in start..<end {
            unlink(from: bucket) { $0.key.bytes.withUnsafeBytes(matches) }
        }
        return end < heads.count ? end : nil
    }

    /// Throws out all flights, which are never too many for one turn under a lock.
    mutating func forgetAll() { _ = forget(from: 0, width: heads.count) { _ in true } }

    /// Keeps out what is older than `revision`, and callers who come after it.
    @inline(__always)
    func raiseFloor(_ key: UnsafeRawBufferPointer, hash: UInt64, to revision: UInt64) {
        guard count > 0 else { return }
        var flight = heads[bucket(hash)]
        while let current = flight {
            if current.key.isSame(as: key, hash: hash) {
                current.floor = max(current.floor, revision)
                current.isJoinable = false
            }
            flight = current.next
        }
    }

    /// Not the lowest bits, which choose the stripe.
    @inline(__always)
    private func bucket(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash &>> 20) & (heads.count &- 1)
    }

    private mutating func link(_ flight: Flight) {
        let bucket = bucket(flight.key.hash)
        flight.next = heads[bucket]
        heads[bucket] = flight
    }

    /// Takes those out of a bucket for which `matches` holds.
    @inline(never)
    private mutating func unlink(from bucket: Int, where matches: (Flight) -> Bool) {
        var previous: Flight?
        var flight = heads[bucket]
        while let current = flight {
            flight = current.next
            guard matches(current) else {
                previous = current
                continue
            }
            if let previous { previous.next = flight } else { heads[bucket] = flight }
            current.next = nil
            current.isInTable = false
            count -= 1
        }
    }

    /// What is in a bucket stays there or goes to a later one.
    private mutating func grow() {
        let old = heads
        heads = Array(repeating: nil, count: max(Self.firstBuckets, 2 * old.count))
        for head in old {
            var flight = head
            while let current = flight {
                flight = current.next
                link(current)
            }
        }
    }
}
