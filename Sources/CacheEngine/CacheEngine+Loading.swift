// Coalesced loads; any task.

extension CacheEngine {
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
        let (boarding, seat) = key.withUnsafeBytes { board($0, now: now()) }
        switch boarding {
        case .hit(let slot): return CacheEntry(taking: slot, of: arena)
        case .joins(let flight): return try await wait(for: flight, seat: seat)
        case .leads(let flight):
            flight.started(Task { await self.fly(flight, now: now, loader: loader) })
            return try await wait(for: flight, seat: seat)
        case .refused:
            throw EngineError(
                code: .tooManyFlights,
                message: "more than \(FlightTable.maxFlights) loads are under way; try later")
        }
    }

    /// Boards, and takes a seat in the flight, if there is one.
    private func board(
        _ key: UnsafeRawBufferPointer, now: Timestamp
    ) -> (boarding: Boarding, seat: Int) {
        let hash = hasher.hash(key)
        var garbage = Garbage()
        let result = stripes.withLock(stripes.index(of: hash)) { stripe in
            let boarding = stripe.board(key, hash: hash, in: .alone, now: now, garbage: &garbage)
            switch boarding {
            case .joins(let flight), .leads(let flight): return (boarding, flight.reserveSeat())
            case .hit, .refused: return (boarding, 0)
            }
        }
        garbage.discard(arena)
        return result
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
