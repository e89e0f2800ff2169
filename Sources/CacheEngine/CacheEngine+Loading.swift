// Coalesced loads; any task.

extension CacheEngine {
    /// Where a caller of `load` finds itself.
    private struct Arrival: Sendable {
        let boarding: Boarding
        /// Its seat in the flight, if there is one.
        var seat = 0
        /// The refresh of what it hit, which it is to begin.
        var refresh: Flight?
    }

    /// Reads the entry of `key`, loading it when there is none.
    ///
    /// Callers that miss the same key at the same time wait for one load, in a task of its own:
    /// it goes on when the caller that began it is cancelled, and is cancelled when the last one
    /// is. What it brings is stored and committed as a set, unless the key was set, deleted or
    /// invalidated meanwhile, or there is no room: its callers then get an entry of version 0
    /// that is not in the cache.
    ///
    /// An entry that is stale, or that `refresh` finds due, is returned at once, and the first
    /// caller to meet it begins a load in the background, which every later one leaves alone.
    /// Where that load fails, the entry goes on to be served until it expires; where it finds no
    /// value any more, the entry is removed, committed as an expiry.
    ///
    /// - Parameters:
    ///   - refresh: When an entry that is there is loaded anew.
    ///   - now: Reads the clock: on entry and again when the value is there.
    ///   - loader: Brings the value; nil where there is none, which is not remembered.
    /// - Returns: The entry; nil where the loader had none.
    /// - Throws: What the loader throws, to every caller; `CancellationError` to a cancelled
    ///   one; `EngineError` when too many loads are under way.
    public func load(
        _ key: [UInt8], refresh: RefreshRules = RefreshRules(),
        now: @escaping @Sendable () -> Timestamp,
        loader: @escaping @Sendable () async throws -> Loaded?
    ) async throws -> CacheEntry? {
        let arrival = key.withUnsafeBytes { board($0, refresh, now: now()) }
        switch arrival.boarding {
        case .hit(let slot):
            let entry = CacheEntry(taking: slot, of: arena)
            if let flight = arrival.refresh {
                let pause = refresh.pauseAfterFailure
                flight.started(
                    Task { await self.fly(flight, pause: pause, now: now, loader: loader) })
            }
            return entry
        case .joins(let flight): return try await wait(for: flight, seat: arrival.seat)
        case .leads(let flight):
            flight.started(Task { await self.fly(flight, now: now, loader: loader) })
            return try await wait(for: flight, seat: arrival.seat)
        case .refused:
            throw EngineError(
                code: .tooManyFlights,
                message: "more than \(FlightTable.maxFlights) loads are under way; try later")
        }
    }

    /// Boards, and takes a seat in the flight, if there is one; begins a refresh where that is due.
    private func board(
        _ key: UnsafeRawBufferPointer, _ refresh: RefreshRules, now: Timestamp
    ) -> Arrival {
        let hash = hasher.hash(key)
        var garbage = Garbage()
        let arrival = stripes.withLock(stripes.index(of: hash)) { stripe in
            let boarding = stripe.board(key, hash: hash, in: .alone, now: now, garbage: &garbage)
            switch boarding {
            case .joins(let flight), .leads(let flight):
                return Arrival(boarding: boarding, seat: flight.reserveSeat())
            case .hit(let slot):
                let flight = stripe.refresh(
                    stripe.entry(slot), hash: hash, in: .alone, refresh, now: now)
                return Arrival(boarding: boarding, refresh: flight)
            case .refused: return Arrival(boarding: boarding)
            }
        }
        garbage.discard(arena)
        return arrival
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

    /// - Parameter pause: For how long a failure leaves the key alone, where it is a refresh.
    private func fly(
        _ flight: Flight, pause: Duration? = nil, now: @Sendable () -> Timestamp,
        loader: @Sendable () async throws -> Loaded?
    ) async {
        let outcome: Flight.Outcome
        var pausedUntil: Timestamp?
        do {
            let loaded = try await loader()
            outcome = .success(loaded.map { land(flight, with: $0, now: now()) })
            if loaded == nil { landNothing(flight) }
        } catch {
            outcome = .failure(error)
            pausedUntil = pause.map { now() + $0 }
        }
        stripes.withLock(stripes.index(of: flight.key.hash)) { [pausedUntil] stripe in
            stripe.end(flight, pausedUntil: pausedUntil)
        }
        flight.complete(outcome)
    }

    /// Ends the entry of which a flight has found that there is no value any more, unless its key
    /// was changed meanwhile.
    private func landNothing(_ flight: Flight) {
        var garbage = Garbage()
        let hash = flight.key.hash
        stripes.withLock(stripes.index(of: hash)) { stripe in
            flight.key.bytes.withUnsafeBytes { key in
                guard flight.isInTable,
                    let slot = stripe.table.find(key, hash: hash)
                else { return }
                stripe.expire(slot, garbage: &garbage)
            }
        }
        garbage.discard(arena)
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
