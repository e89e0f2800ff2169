// Owns the flights of one stripe; guarded by the stripe's lock.

/// The loads under way, by key.
///
/// A flight stores its value only while it is in here. A change of its key throws it out, and
/// since both happen under the stripe's lock, no value from before a change comes back after it;
/// callers who ask after the change start a flight of their own.
struct FlightTable {
    /// The most loads at a time in one stripe.
    static let maxFlights = 4_096

    private var flights: [FlightKey: Flight] = [:]

    var isFull: Bool { flights.count >= Self.maxFlights }

    func flight(_ key: FlightKey) -> Flight? {
        flights[key]
    }

    mutating func add(_ flight: Flight) {
        flights[flight.key] = flight
    }

    func holds(_ flight: Flight) -> Bool {
        flights[flight.key] === flight
    }

    /// Takes out this very flight, if it is still in.
    mutating func remove(_ flight: Flight) {
        if holds(flight) { flights[flight.key] = nil }
    }

    /// Throws out the flight of a key.
    @inline(__always)
    mutating func forget(_ key: UnsafeRawBufferPointer, hash: UInt64) {
        guard !flights.isEmpty else { return }
        flights[FlightKey(hash: hash, bytes: Array(key))] = nil
    }

    /// Throws out the flights of the matching keys.
    mutating func forgetAll(where matches: (UnsafeRawBufferPointer) -> Bool) {
        for flight in flights.values where flight.key.bytes.withUnsafeBytes(matches) {
            flights[flight.key] = nil
        }
    }
}
