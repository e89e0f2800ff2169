// Owns the flights of one stripe; guarded by the stripe's lock.

/// The values under way, by key.
///
/// A flight stores its value only while it is in here. A change of its key throws it out, and
/// since both happen under the stripe's lock, no value from before a change comes back after it;
/// callers who ask after the change start a flight of their own.
///
/// Where the change has a revision that others gave, the flight stays and gets a floor instead:
/// what it brings may land if it is not from before that revision.
struct FlightTable {
    /// The most flights at a time in one stripe.
    static let maxFlights = 4_096

    // Each is the head of a list: nearly always of one.
    private var flights: [FlightKey: Flight] = [:]
    private var count = 0

    var isFull: Bool { count >= Self.maxFlights }

    /// A flight of the key, begun in this state of its partition, that a caller may join.
    func joinable(_ key: FlightKey, coherence: CoherenceWord = .alone) -> Flight? {
        first(of: key) { $0.isJoinable && $0.coherence == coherence }
    }

    mutating func add(_ flight: Flight) {
        flight.next = flights.updateValue(flight, forKey: flight.key)
        count += 1
    }

    func holds(_ flight: Flight) -> Bool {
        first(of: flight.key) { $0 === flight } != nil
    }

    /// Takes out this very flight, if it is still in.
    mutating func remove(_ flight: Flight) {
        guard let head = flights[flight.key] else { return }
        if head === flight {
            flights[flight.key] = flight.next
        } else {
            guard let before = first(of: flight.key, where: { $0.next === flight }) else { return }
            before.next = flight.next
        }
        flight.next = nil
        count -= 1
    }

    /// Throws out the flights of a key.
    @inline(__always)
    mutating func forget(_ key: UnsafeRawBufferPointer, hash: UInt64) {
        guard !flights.isEmpty else { return }
        forget(FlightKey(hash: hash, bytes: Array(key)))
    }

    /// Throws out the flights of the matching keys.
    mutating func forgetAll(where matches: (UnsafeRawBufferPointer) -> Bool) {
        for key in flights.keys where key.bytes.withUnsafeBytes(matches) { forget(key) }
    }

    /// Keeps out what is older than `revision`, and callers who come after it.
    @inline(__always)
    mutating func raiseFloor(_ key: UnsafeRawBufferPointer, hash: UInt64, to revision: UInt64) {
        guard !flights.isEmpty else { return }
        var flight = flights[FlightKey(hash: hash, bytes: Array(key))]
        while let current = flight {
            current.floor = max(current.floor, revision)
            current.isJoinable = false
            flight = current.next
        }
    }

    private mutating func forget(_ key: FlightKey) {
        var flight = flights.removeValue(forKey: key)
        while let current = flight {
            count -= 1
            flight = current.next
            current.next = nil
        }
    }

    private func first(of key: FlightKey, where matches: (Flight) -> Bool) -> Flight? {
        var flight = flights[key]
        while let current = flight {
            if matches(current) { return current }
            flight = current.next
        }
        return nil
    }
}
