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
        let budget = namespaces.namespaces[index].budget
        let size = write.entry.footprintBytes
        let bytes = size - (current?.footprintBytes ?? 0)
        let entries = slot == nil ? 1 : 0
        reservation.turn(to: budget)
        let need = Need(budget: budget, bytes: bytes, entries: entries)
        guard
            size <= budget.maxBytes,
            makeRoom(need, sparing: slot, now: write.now, &reservation, garbage: &garbage)
        else {
            if size <= budget.maxBytes && !lastTry {
                return .needsRoom(budget, bytes: bytes, entries: entries)
            }
            counters[index].rejectedForRoom += 1
            return .done(.notStored(.noRoom, currentVersion: current?.version ?? 0))
        }
        let version = commit(
            Change(kind: .set, key: key, writer: write.writer, cause: Change.nothing))
        write.entry.publish(
            version: version, expiresAt: expiry(write.ttl, namespace: index, now: write.now))
        put(write.entry, hash: write.hash, namespace: index, at: slot, garbage: &garbage)
        counters[index].sets += 1
        counters[index].bytes += bytes
        counters[index].entries += entries
        reservation.spend(bytes: bytes, entries: entries)
        flights.forget(key, hash: write.hash)
        return .done(.stored(write.entry))
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
