// What one stripe holds of entries that others hold, too; under its lock.

/// Where a reader finds itself.
enum Boarding: Sendable {
    /// At an entry, which the reader keeps.
    case hit(slot: Int)
    case joins(Flight)
    case leads(Flight)
    /// There are too many flights.
    case refused
}

extension Stripe {
    /// Looks, joins or begins in one step, so that between the three nothing slips through. An
    /// entry is counted as a hit and a use, all else as a miss.
    mutating func board(
        _ key: UnsafeRawBufferPointer, hash: UInt64, in coherence: CoherenceWord,
        now: Timestamp, garbage: inout Garbage
    ) -> Boarding {
        if let hit = hit(key, hash: hash, now: now, garbage: &garbage) {
            hit.entry.retain()
            return .hit(slot: hit.slot)
        }
        if let flight = flights.joinable(key, hash: hash, coherence: coherence) {
            accounts[namespaces.index(of: key)].counters.coalesced += 1
            return .joins(flight)
        }
        let flight = begin(key, hash: hash, in: coherence, isJoinable: true)
        return flight.map { .leads($0) } ?? .refused
    }

    /// A flight of a value that is on its way here; nil when there are too many.
    mutating func begin(
        _ key: UnsafeRawBufferPointer, hash: UInt64, in coherence: CoherenceWord,
        isJoinable: Bool
    ) -> Flight? {
        if flights.isFull { return nil }
        let key = FlightKey(hash: hash, bytes: Array(key))
        let flight = Flight(key: key, coherence: coherence, isJoinable: isJoinable)
        flights.add(flight)
        return flight
    }

    /// The entry, whether its partition is suspended or not.
    mutating func suspendedEntry(
        _ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp
    ) -> CacheEntry? {
        guard let slot = table.find(key, hash: hash), !entry(slot).isOver(at: now),
            entry(slot).standing(in: coherence) != .past
        else { return nil }
        policies[segment(of: slot)].used(slot, hash: hash, in: table.slots)
        return CacheEntry(keeping: slot, in: arena)
    }

    /// Stores what a fill brings, unless its key or its partition has gone on meanwhile.
    mutating func land(
        _ fill: Fill, _ write: Write, lastTry: Bool, reservation: inout Reservation,
        garbage: inout Garbage
    ) -> WriteStep {
        let entry = entry(write.slot)
        let version = entry.version
        guard fill.flight.isInTable, fill.flight.floor <= version,
            coherence.holds(fill.flight.coherence), !fill.flight.coherence.isSuspended
        else {
            flights.remove(fill.flight)
            return .overtaken
        }
        let slot = coherentSlot(
            entry.key, hash: write.hash, now: write.now, garbage: &garbage)
        if let slot, self.entry(slot).version >= version {
            flights.remove(fill.flight)
            return .overtaken
        }
        let place = place(of: write, at: slot)
        if let step = findRoom(
            place, now: write.now, lastTry: lastTry, &reservation, garbage: &garbage)
        {
            if case .done = step { end(fill, at: version) }
            return step
        }
        settle(write.slot, hash: write.hash, in: place, &reservation, garbage: &garbage)
        end(fill, at: version)
        return .done(.stored(EntryStamp(entry)))
    }

    /// Nothing older than what a fill brought may land after it, here or not.
    private mutating func end(_ fill: Fill, at version: UInt64) {
        flights.remove(fill.flight)
        fill.flight.key.bytes.withUnsafeBytes {
            flights.raiseFloor($0, hash: fill.flight.key.hash, to: version)
        }
    }

    /// Removes what is older than `revision`, here and on its way.
    mutating func drop(
        _ key: UnsafeRawBufferPointer, hash: UInt64, olderThan revision: UInt64,
        garbage: inout Garbage
    ) -> Bool {
        flights.raiseFloor(key, hash: hash, to: revision)
        guard let slot = table.find(key, hash: hash), entry(slot).version < revision else {
            return false
        }
        remove(slot, by: .invalidation, garbage: &garbage)
        return true
    }

    /// The slot of `key` if its entry may be served or will be when its partition is resumed;
    /// one that is past is removed on the way.
    private mutating func coherentSlot(
        _ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp, garbage: inout Garbage
    ) -> Int? {
        guard let slot = liveSlot(key, hash: hash, now: now, garbage: &garbage) else { return nil }
        guard entry(slot).standing(in: coherence) == .past else { return slot }
        remove(slot, by: .invalidation, garbage: &garbage)
        return nil
    }
}
