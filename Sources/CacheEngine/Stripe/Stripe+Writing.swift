// Writes of one stripe; under its lock.

/// A set on its way into the table.
struct Write {
    /// The entry, which the writer keeps until it is stored.
    let slot: Int
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
    case needsRoom(Need)
    /// The flight that brought the value was overtaken: it must not be stored.
    case overtaken
}

/// What a stripe answers to a touch.
enum TouchStep {
    case touched(CacheEntry)
    case absent
    /// Copy this entry outside the lock, and come back with the copy.
    case copyFirst(CacheEntry)
    /// Look for so much room in the other stripes, and come back with it.
    case needsRoom(Need)
}

extension Stripe {
    /// Entries of at most so many bytes are copied under the lock.
    private static let copiedUnderLockBytes = 4_096

    /// Makes a set, if its condition holds and there is room, which it makes by evicting.
    /// On its `lastTry` it answers that there is none rather than asking the other stripes.
    mutating func set(
        _ write: Write, lastTry: Bool, reservation: inout Reservation, garbage: inout Garbage
    ) -> WriteStep {
        let key = entry(write.slot).key
        let slot = liveSlot(key, hash: write.hash, now: write.now, garbage: &garbage)
        if write.condition != .none {
            let version = slot.map { entry($0).version }
            if let refusal = write.condition.refusal(of: version) {
                return .done(.notStored(refusal, currentVersion: version ?? 0))
            }
        }
        let place = place(of: write, at: slot)
        if let step = findRoom(
            place, now: write.now, lastTry: lastTry, &reservation, garbage: &garbage)
        {
            return step
        }
        flights.forget(key, hash: write.hash)
        let made = commit(
            Change(kind: .set, key: key, writer: write.writer, cause: Change.nothing))
        let expiresAt = expiry(of: write, at: place)
        let new = publish(write.slot, version: made, expiresAt: expiresAt)
        settle(new, hash: write.hash, in: place, &reservation, garbage: &garbage)
        accounts[place.namespace].counters.sets += 1
        return .done(.stored(EntryStamp(entry(new))))
    }

    /// Where an entry goes: the slot of its key and what is in it, or a new one.
    struct Place {
        let slot: Int?
        let namespace: Int
        /// What the entry takes of its budget, and the one in its place.
        let bytes: Int
        let replacedBytes: Int

        var addedBytes: Int { bytes - replacedBytes }

        var entries: Int { slot == nil ? 1 : 0 }
    }

    // Inlined, as a call from a mutating method would copy the stripe's fields for it.
    @inline(__always)
    func place(of write: Write, at slot: Int?) -> Place {
        let entry = entry(write.slot)
        let namespace = slot.map { Int(table.slots[$0].namespace) }
        return Place(
            slot: slot, namespace: namespace ?? namespaces.index(of: entry.key),
            bytes: table.slots.bytes(of: write.slot),
            replacedBytes: slot.map { table.slots.bytes(of: $0) } ?? 0)
    }

    /// Has the reservation cover what an entry takes at its place; nil: it does.
    @inline(__always)
    mutating func findRoom(
        _ place: Place, now: Timestamp, lastTry: Bool, _ reservation: inout Reservation,
        garbage: inout Garbage
    ) -> WriteStep? {
        // Most writes put a value in the place of one of its size.
        if place.slot != nil && place.addedBytes <= 0 { return nil }
        let budget = namespaces.namespaces[place.namespace].budget
        reservation.turn(to: budget)
        let need = Need(budget: budget, bytes: place.addedBytes, entries: place.entries)
        let fits = place.bytes <= budget.maxBytes
        if fits, makeRoom(need, sparing: place.slot, now: now, &reservation, garbage: &garbage) {
            return nil
        }
        if fits && !lastTry { return .needsRoom(need) }
        accounts[place.namespace].counters.rejectedForRoom += 1
        let version = place.slot.map { entry($0).version } ?? 0
        return .done(.notStored(.noRoom, currentVersion: version))
    }

    /// Puts an entry into its place, whose room the reservation has.
    @inline(__always)
    mutating func settle(
        _ slot: Int, hash: UInt64, in place: Place, _ reservation: inout Reservation,
        garbage: inout Garbage
    ) {
        let bytes = table.slots.bytes(of: slot)
        put(slot, bytes, hash: hash, at: place, garbage: &garbage)
        if place.addedBytes != 0 || place.entries != 0 {
            accounts[place.namespace].counters.bytes += place.addedBytes
            accounts[place.namespace].counters.entries += place.entries
            reservation.turn(to: namespaces.namespaces[place.namespace].budget)
            reservation.spend(bytes: place.addedBytes, entries: place.entries)
        }
        adjust(place.namespace, by: bytes - place.bytes)
    }

    /// Counts bytes for which there is no room: of an entry that turned out to need a part more
    /// than it was made with, or may not make room for its expiry.
    @inline(__always)
    private mutating func adjust(_ namespace: Int, by bytes: Int) {
        guard bytes != 0 else { return }
        accounts[namespace].counters.bytes += bytes
        namespaces.namespaces[namespace].budget.adopt(bytes: bytes, entries: 0)
    }

    /// Gives an entry what its commit decided; answers its slot, which may be another one.
    @inline(__always)
    func publish(_ slot: Int, version: UInt64, expiresAt: Timestamp) -> Int {
        let fitting = arena.fitting(slot, version: version, expiresAt: expiresAt)
        entry(fitting).publish(version: version, expiresAt: expiresAt)
        return fitting
    }

    /// Makes the set that a flight brought, unless its key was changed meanwhile.
    mutating func land(
        _ flight: Flight, _ write: Write, lastTry: Bool, reservation: inout Reservation,
        garbage: inout Garbage
    ) -> WriteStep {
        guard flight.isInTable else { return .overtaken }
        return set(write, lastTry: lastTry, reservation: &reservation, garbage: &garbage)
    }

    /// Puts a new entry with the same bytes in the place of the one that is there. Where the first
    /// expiry of an entry makes it larger, room is made for it as for a set.
    mutating func touch(
        _ request: TouchRequest, reservation: inout Reservation, garbage: inout Garbage
    ) -> TouchStep {
        let slot = liveSlot(
            request.key, hash: request.hash, now: request.now, garbage: &garbage)
        guard let slot else { return .absent }
        let current = entry(slot)
        let namespace = Int(table.slots[slot].namespace)
        let expiresAt = life(of: request, at: slot).expiresAt
        let copied = request.copied.flatMap { $0.original.view.isSame(as: current) ? $0 : nil }
        if copied == nil, current.bodyCount > Self.copiedUnderLockBytes, !request.mustCopyHere {
            return .copyFirst(CacheEntry(keeping: slot, in: arena))
        }
        let parts: EntryParts = expiresAt == .never ? [] : .expiry
        let added = parts.subtracting(current.parts).byteCount
        let bytes = EntryFootprint.bytes(body: current.bodyCount + added) - current.footprintBytes
        let budget = namespaces.namespaces[namespace].budget
        let need = Need(budget: budget, bytes: bytes, entries: 0)
        reservation.turn(to: budget)
        let hasRoom = makeRoom(
            need, sparing: slot, now: request.now, &reservation, garbage: &garbage)
        if !hasRoom && !request.isLastTry { return .needsRoom(need) }
        let version = commit(
            Change(
                kind: .touch, key: request.key, writer: request.writer, cause: Change.nothing))
        forgetUses(request.hash, namespace: namespace)
        copied?.view(in: arena).retain()
        let renewed =
            copied?.slot ?? arena.copy(current, current.parts.intersection(.published).union(parts))
        let new = publish(renewed, version: version, expiresAt: expiresAt)
        let place = Place(
            slot: slot, namespace: namespace, bytes: current.footprintBytes + bytes,
            replacedBytes: current.footprintBytes)
        if !hasRoom { budget.adopt(bytes: bytes, entries: 0) }
        settle(new, hash: request.hash, in: place, &reservation, garbage: &garbage)
        return .touched(CacheEntry(keeping: new, in: arena))
    }

    /// Puts an entry into the slot of its key, or into a new one.
    private mutating func put(
        _ slot: Int, _ bytes: Int, hash: UInt64, at place: Place, garbage: inout Garbage
    ) {
        let segment = accounts[place.namespace].segment
        if let old = place.slot {
            table.replace(old, with: slot, hash: hash)
            policies[segment].replaced(old, by: slot, hash: hash, in: table.slots)
            largest.replaced(old, of: place.replacedBytes, by: slot, bytes: bytes)
            guests.letGo(old, into: &garbage)
        } else {
            table.insert(slot, hash: hash, namespace: place.namespace)
            policies[segment].inserted(slot, hash: hash, in: table.slots)
            largest.inserted(slot, bytes: bytes)
        }
    }
}

/// An entry that was copied outside the lock, and its copy, which the caller keeps.
struct TouchCopy {
    let original: CacheEntry
    let slot: Int

    func view(in arena: EntryArena) -> EntryView { arena.slots.entry(slot) }
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
    var copied: TouchCopy?
    /// Nowhere was there room: go on without.
    var isLastTry = false
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
