// Writes; any thread.

import Synchronization

extension CacheEngine {
    /// The most copies that a touch of a large, busy entry makes outside the lock.
    private static let maxTouchCopies = 4

    /// Stores an entry, if `condition` holds.
    ///
    /// When the budget is full it evicts as the policy says; where there are many entries, from
    /// the key's own stripe first.
    /// The budget is never exceeded, not even for a moment. An entry larger than its budget, or
    /// one for which nothing may be evicted, is refused with `noRoom`; the key then keeps what
    /// it had.
    ///
    /// - Parameter writer: Who makes the change, for the commit.
    public func set(
        _ draft: EntryDraft, condition: SetCondition = .none, now: Timestamp,
        writer: UnsafeRawBufferPointer = Change.nothing
    ) -> SetOutcome {
        let write = Write(
            slot: make(draft, now: now), hash: hasher.hash(draft.key), ttl: draft.ttl,
            condition: condition, now: now, writer: writer)
        return store(write) { stripe, lastTry, reservation, garbage in
            stripe.set(write, lastTry: lastTry, reservation: &reservation, garbage: &garbage)
        } ?? .notStored(.noRoom, currentVersion: 0)
    }

    /// Gives the entry of `key` a new time to live and a new version; a use, but not a hit.
    ///
    /// - Returns: The entry as it is now; nil when there is none.
    public func touch(
        _ key: UnsafeRawBufferPointer, ttl: TimeToLive, now: Timestamp,
        writer: UnsafeRawBufferPointer = Change.nothing
    ) -> CacheEntry? {
        let hash = hasher.hash(key)
        var request = TouchRequest(key: key, hash: hash, ttl: ttl, now: now, writer: writer)
        var reservation = Reservation()
        defer { reservation.giveBack() }
        var copies = 0
        while true {
            var garbage = Garbage()
            let step = stripes.withLock(stripes.index(of: hash)) { stripe in
                stripe.touch(request, reservation: &reservation, garbage: &garbage)
            }
            garbage.discard(arena)
            if case .needsRoom(let need) = step {
                let search = RoomSearch(need: need, key: key, hash: hash, now: now)
                request.isLastTry = !collectRoom(search, &reservation)
                continue
            }
            if let copy = request.copied { arena.release(copy.slot) }
            switch step {
            case .touched(let entry): return entry
            case .absent, .needsRoom: return nil
            case .copyFirst(let original):
                let view = original.view
                let copy = arena.copy(view, view.parts.intersection(.published))
                request.copied = TouchCopy(original: original, slot: copy)
                copies += 1
                request.mustCopyHere = copies >= Self.maxTouchCopies
            }
        }
    }

    /// One attempt of a write on its stripe.
    typealias Attempt = (inout Stripe, Bool, inout Reservation, inout Garbage) -> WriteStep

    /// Copies a draft into a slot, outside every lock.
    func make(_ draft: EntryDraft, now: Timestamp) -> Int {
        let mayExpire =
            switch draft.ttl {
            case .inherited: mayInheritTTL.load(ordering: .relaxed)
            case .never: false
            case .after: true
            }
        return arena.make(draft, createdAt: now, mayExpire: mayExpire)
    }

    /// Attempts a write until it has its room or there is none to be had; nil: overtaken.
    ///
    /// Each round but the last two removes entries, and what it evicts is this write's alone.
    func store(_ write: Write, attempt: Attempt) -> SetOutcome? {
        let home = stripes.index(of: write.hash)
        var reservation = Reservation()
        defer { reservation.giveBack() }
        var lastTry = false
        while true {
            var garbage = Garbage()
            let step = stripes.withLock(home) { stripe in
                attempt(&stripe, lastTry, &reservation, &garbage)
            }
            garbage.discard(arena)
            switch step {
            case .done(let outcome):
                if case .notStored = outcome { arena.release(write.slot) }
                return outcome
            case .overtaken:
                arena.release(write.slot)
                return nil
            case .needsRoom(let need):
                let search = RoomSearch(
                    need: need, key: arena.slots.entry(write.slot).key, hash: write.hash,
                    now: write.now)
                lastTry = !collectRoom(search, &reservation)
            }
        }
    }
}
