// Writes of one stripe; under its lock.

/// A set on its way into the table.
struct Write {
    let entry: CacheEntry
    let hash: UInt64
    let ttl: TimeToLive
    let condition: SetCondition
    let now: Timestamp
    let writer: UnsafeRawBufferPointer
}

/// What a stripe answers to a write.
enum WriteStep {
    case done(SetOutcome)
    /// This stripe has nothing (or enough) given: look for so much room in the others.
    case needsRoom(Budget, bytes: Int, entries: Int)
    /// The flight that brought the value was overtaken: it must not be stored.
    case overtaken
}

/// What a stripe answers to a touch.
enum TouchStep {
    case touched(CacheEntry)
    case absent
    /// Copy this entry outside the lock, and come back with the copy.
    case copyFirst(CacheEntry)
}

extension Stripe {
    /// Entries of at most so many bytes are copied under the lock.
    private static let copiedUnderLockBytes = 4_096

    /// Makes a set, if its condition holds and there is room, which it makes by evicting.
    /// On its `lastTry` it answers that there is none rather than asking the other stripes.
    mutating func set(
        _ write: Write, lastTry: Bool, reservation: inout Reservation, garbage: inout Garbage
    ) -> WriteStep {
        let key = write.entry.key
        let slot = liveSlot(key, hash: write.hash, now: write.now, garbage: &garbage)
        let current = slot.flatMap { table.slots[$0].entry }
        if let refusal = write.condition.refusal(of: current?.version) {
            return .done(.notStored(refusal, currentVersion: current?.version ?? 0))
        }
        let index = namespaces.index(of: key)
        let place = Place(slot: slot, replaced: current, namespace: index)
        if let step = findRoom(
            for: write.entry, place, now: write.now, lastTry: lastTry, &reservation,
            garbage: &garbage)
        {
            return step
        }
        let version = commit(
            Change(kind: .set, key: key, writer: write.writer, cause: Change.nothing))
        write.entry.publish(
            version: version, expiresAt: expiry(write.ttl, namespace: index, now: write.now))
        settle(write.entry, hash: write.hash, in: place, &reservation, garbage: &garbage)
        counters[index].sets += 1
        flights.forget(key, hash: write.hash)
        return .done(.stored(write.entry))
    }

    /// Where an entry goes: the slot of its key and what is in it, or a new one.
    struct Place {
        let slot: Int?
        let replaced: CacheEntry?
        let namespace: Int

        func bytes(of entry: CacheEntry) -> Int {
            entry.footprintBytes - (replaced?.footprintBytes ?? 0)
        }

        var entries: Int { slot == nil ? 1 : 0 }
    }

    /// Has the reservation cover what an entry takes at its place; nil: it does.
    @inline(__always)
    mutating func findRoom(
        for entry: CacheEntry, _ place: Place, now: Timestamp, lastTry: Bool,
        _ reservation: inout Reservation, garbage: inout Garbage
    ) -> WriteStep? {
        let budget = namespaces.namespaces[place.namespace].budget
        let bytes = place.bytes(of: entry)
        reservation.turn(to: budget)
        let need = Need(budget: budget, bytes: bytes, entries: place.entries)
        let fits = entry.footprintBytes <= budget.maxBytes
        if fits, makeRoom(need, sparing: place.slot, now: now, &reservation, garbage: &garbage) {
            return nil
        }
        if fits && !lastTry { return .needsRoom(budget, bytes: bytes, entries: place.entries) }
        counters[place.namespace].rejectedForRoom += 1
        return .done(.notStored(.noRoom, currentVersion: place.replaced?.version ?? 0))
    }

    /// Puts an entry into its place, whose room the reservation has.
    @inline(__always)
    mutating func settle(
        _ entry: CacheEntry, hash: UInt64, in place: Place, _ reservation: inout Reservation,
        garbage: inout Garbage
    ) {
        let bytes = place.bytes(of: entry)
        put(entry, hash: hash, namespace: place.namespace, at: place.slot, garbage: &garbage)
        counters[place.namespace].bytes += bytes
        counters[place.namespace].entries += place.entries
        reservation.spend(bytes: bytes, entries: place.entries)
    }

    /// Makes the set that a flight brought, unless its key was changed meanwhile.
    mutating func land(
        _ flight: Flight, _ write: Write, lastTry: Bool, reservation: inout Reservation,
        garbage: inout Garbage
    ) -> WriteStep {
        guard flights.holds(flight) else { return .overtaken }
        return set(write, lastTry: lastTry, reservation: &reservation, garbage: &garbage)
    }

    /// Puts a new entry with the same bytes in the place of the one that is there.
    mutating func touch(
        _ request: TouchRequest, copied: (original: CacheEntry, copy: CacheEntry)?,
        garbage: inout Garbage
    ) -> TouchStep {
        let slot = liveSlot(
            request.key, hash: request.hash, now: request.now, garbage: &garbage)
        guard let slot, let current = table.slots[slot].entry else { return .absent }
        let renewed: CacheEntry
        if let copied, copied.original.isSame(as: current) {
            renewed = copied.copy
        } else if current.storage.byteCount <= Self.copiedUnderLockBytes || request.mustCopyHere {
            renewed = current.copy()
        } else {
            return .copyFirst(current)
        }
        let namespace = Int(table.slots[slot].namespace)
        let version = commit(
            Change(
                kind: .touch, key: request.key, writer: request.writer, cause: Change.nothing))
        renewed.publish(
            version: version,
            expiresAt: expiry(request.ttl, namespace: namespace, now: request.now))
        put(renewed, hash: request.hash, namespace: namespace, at: slot, garbage: &garbage)
        return .touched(renewed)
    }

    /// Puts an entry into the slot of its key, or into a new one.
    private mutating func put(
        _ entry: CacheEntry, hash: UInt64, namespace: Int, at slot: Int?, garbage: inout Garbage
    ) {
        let segment = namespaces.namespaces[namespace].segment
        if let slot {
            garbage.add(table.replace(slot, with: entry))
            policies[segment].used(slot, in: table.slots)
        } else {
            let slot = table.insert(entry, hash: hash, namespace: namespace, segment: segment)
            policies[segment].inserted(slot, in: table.slots)
        }
    }
}

/// A touch on its way to the table.
struct TouchRequest {
    let key: UnsafeRawBufferPointer
    let hash: UInt64
    let ttl: TimeToLive
    let now: Timestamp
    let writer: UnsafeRawBufferPointer
    /// After too many copies of entries that had changed by the time they were made.
    var mustCopyHere = false
}

extension SetCondition {
    /// Why a set is refused where the key has `version`, nil when it does not exist.
    fileprivate func refusal(of version: UInt64?) -> NotStoredReason? {
        switch (self, version) {
        case (.none, _), (.ifAbsent, nil), (.ifPresent, .some): nil
        case (.ifAbsent, .some): .exists
        case (.ifPresent, nil), (.ifVersion, nil): .absent
        case (.ifVersion(let wanted), .some(let version)):
            wanted == version ? nil : .versionMismatch
        }
    }
}
