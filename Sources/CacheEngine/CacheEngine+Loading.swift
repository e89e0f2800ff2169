// Coalesced loads; any task.

extension CacheEngine {
    /// Where a caller of `load` finds itself.
    private enum Boarding: Sendable {
        case hit(CacheEntry)
        case joined(Flight, seat: Int)
        case leads(Flight, seat: Int)
        case refused
    }

    /// Reads the entry of `key`, loading it when there is none.
    ///
    /// Callers that miss the same key at the same time wait for one load, in a task of its own:
    /// it goes on when the caller that began it is cancelled, and is cancelled when the last one
    /// is. What it brings is stored and committed as a set, unless the key was set, deleted or
    /// invalidated meanwhile, or there is no room: its callers then get an entry of version 0
    /// that is not in the cache.
    ///
    /// - Parameters:
    ///   - now: Reads the clock: on entry and again when the value is there.
    ///   - loader: Brings the value; nil where there is none, which is not remembered.
    /// - Returns: The entry; nil where the loader had none.
    /// - Throws: What the loader throws, to every caller; `CancellationError` to a cancelled
    ///   one; `EngineError` when too many loads are under way.
    package func load(
        _ key: [UInt8], now: @escaping @Sendable () -> Timestamp,
        loader: @escaping @Sendable () async throws -> Loaded?
    ) async throws -> CacheEntry? {
        let flightKey = FlightKey(hash: key.withUnsafeBytes { hasher.hash($0) }, bytes: key)
        switch board(flightKey, now: now()) {
        case .hit(let entry): return entry
        case .joined(let flight, let seat): return try await wait(for: flight, seat: seat)
        case .leads(let flight, let seat):
            flight.started(Task { await self.fly(flight, now: now, loader: loader) })
            return try await wait(for: flight, seat: seat)
        case .refused:
            throw EngineError(
                code: .tooManyFlights,
                message: "more than \(FlightTable.maxFlights) loads are under way; try later")
        }
    }

    /// Looks, joins or begins in one step, so that between the three nothing slips through.
    private func board(_ key: FlightKey, now: Timestamp) -> Boarding {
        var garbage = Garbage()
        let boarding = stripes.withLock(stripes.index(of: key.hash)) { stripe -> Boarding in
            key.bytes.withUnsafeBytes { bytes in
                if let slot = stripe.hit(bytes, hash: key.hash, now: now, garbage: &garbage) {
                    return .hit(CacheEntry(keeping: slot, in: arena))
                }
                if let flight = stripe.flights.joinable(key) {
                    stripe.counters[stripe.namespaces.index(of: bytes)].coalesced += 1
                    return .joined(flight, seat: flight.reserveSeat())
                }
                if stripe.flights.isFull { return .refused }
                let flight = Flight(key: key)
                stripe.flights.add(flight)
                return .leads(flight, seat: flight.reserveSeat())
            }
        }
        garbage.discard(arena)
        return boarding
    }

    private func wait(for flight: Flight, seat: Int) async throws -> CacheEntry? {
        try await withTaskCancellationHandler {
            try await flight.wait(on: seat)
        } onCancel: {
            let departure = stripes.withLock(stripes.index(of: flight.key.hash)) { stripe in
                let departure = flight.leave(seat)
                if departure.isLast { stripe.flights.remove(flight) }
                return departure
            }
            departure.finish()
        }
    }

    private func fly(
        _ flight: Flight, now: @Sendable () -> Timestamp,
        loader: @Sendable () async throws -> Loaded?
    ) async {
        let outcome: Flight.Outcome
        do {
            let loaded = try await loader()
            outcome = .success(loaded.map { land(flight, with: $0, now: now()) })
        } catch {
            outcome = .failure(error)
        }
        stripes.withLock(stripes.index(of: flight.key.hash)) { $0.flights.remove(flight) }
        flight.complete(outcome)
    }

    /// Stores what a flight brought, if it still may; answers the entry in any case.
    private func land(_ flight: Flight, with loaded: Loaded, now: Timestamp) -> CacheEntry {
        let slot = loaded.withDraft(key: flight.key.bytes) { make($0, now: now) }
        let entry = CacheEntry(keeping: slot, in: arena)
        let write = Write(
            slot: slot, hash: flight.key.hash, ttl: loaded.ttl, condition: .none, now: now,
            writer: Change.nothing)
        _ = store(write) { stripe, lastTry, reservation, garbage in
            stripe.land(
                flight, write, lastTry: lastTry, reservation: &reservation, garbage: &garbage)
        }
        return entry
    }
}
