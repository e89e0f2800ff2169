// A cache whose entries are shared: versions come from outside, and so does the news of them;
// any thread.
//
// An entry gets in by a fill, which began before its bytes were read or written elsewhere. News
// of a key (`drop`) keeps out of the cache what is older, also what is on its way; news of a
// partition (`reset`, `suspend`) does it for all keys at once, by the partition's word. Nothing
// here commits anything, but for the expiries, whose commit such a cache ignores.

extension CacheEngine {
    /// Reads the entry of `key`, or joins or begins its fill, in one step.
    ///
    /// Counted as a hit or a miss of this cache.
    package func board(
        _ key: UnsafeRawBufferPointer, partition: Int, now: Timestamp
    ) -> FillBoarding {
        let hash = hasher.hash(key)
        var garbage = Garbage()
        let boarding = stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.board(
                key, hash: hash, in: coherence[partition], now: now, garbage: &garbage)
        }
        garbage.discard(arena)
        switch boarding {
        case .hit(let slot): return .hit(CacheEntry(taking: slot, of: arena))
        case .joins(let flight): return .joins(FillWait(flight: flight))
        case .leads(let flight): return .leads(Fill(flight: flight))
        case .refused: return .refused
        }
    }

    /// The entry of `key` also where its partition is suspended, and so nobody knows whether it
    /// is still right. A use, but not counted.
    package func suspendedEntry(_ key: UnsafeRawBufferPointer, now: Timestamp) -> CacheEntry? {
        let hash = hasher.hash(key)
        return stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.suspendedEntry(key, hash: hash, now: now)
        }
    }

    /// Begins a write of this instance, before it is sent, so that news that overtakes its
    /// answer keeps it out of the cache. Nil: too many fills are under way to store it.
    package func beginWrite(_ key: UnsafeRawBufferPointer, partition: Int) -> Fill? {
        let hash = hasher.hash(key)
        let flight = stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.begin(key, hash: hash, in: coherence[partition], isJoinable: false)
        }
        return flight.map { Fill(flight: $0) }
    }

    /// Ends a fill with an entry: stores it, unless something newer is known or there is no
    /// room, and gives it to the waiting callers.
    ///
    /// - Returns: The entry, stored or not.
    package func land(
        _ fill: Fill, _ draft: EntryDraft, _ stamp: SharedStamp, now: Timestamp
    ) -> CacheEntry {
        let slot = arena.make(draft, stamp, coherence: fill.flight.coherence)
        let entry = CacheEntry(keeping: slot, in: arena)
        _ = store(slot, of: fill, now: now)
        fill.flight.complete(.success(entry))
        return entry
    }

    /// Ends a write of this instance that succeeded. Where its entry cannot be stored, for want
    /// of room or because of news, the cache holds nothing of the key afterwards.
    package func landWrite(
        _ fill: Fill, _ draft: EntryDraft, _ stamp: SharedStamp, now: Timestamp
    ) {
        let slot = arena.make(draft, stamp, coherence: fill.flight.coherence)
        if case .stored = store(slot, of: fill, now: now) { return }
        drop(draft.key, olderThan: .max)
    }

    /// Nil: overtaken.
    private func store(_ slot: Int, of fill: Fill, now: Timestamp) -> SetOutcome? {
        let write = Write(
            slot: slot, hash: fill.flight.key.hash, ttl: .inherited, condition: .none, now: now,
            writer: Change.nothing)
        return store(write) { stripe, lastTry, reservation, garbage in
            stripe.land(
                fill, write, lastTry: lastTry, reservation: &reservation, garbage: &garbage)
        }
    }

    /// Ends a fill that brought nothing, and tells the waiting callers why: there is no entry
    /// (nil), or nobody knows.
    package func finish(_ fill: Fill, _ outcome: Result<CacheEntry?, any Error>) {
        let hash = fill.flight.key.hash
        stripes.withLock(stripes.index(of: hash)) { $0.flights.remove(fill.flight) }
        fill.flight.complete(outcome)
    }

    /// Begins the refresh of an entry that is here, where `rules` find it due: of all who ask while
    /// it is under way, and for a while after it has failed, only the first gets it. Meanwhile the
    /// entry is served; who finds none any more joins.
    ///
    /// The caller ends it by ``land``, ``finish`` or ``failRefresh``.
    package func beginRefresh(
        of entry: CacheEntry, partition: Int, _ rules: RefreshRules, now: Timestamp
    ) -> Fill? {
        withExtendedLifetime(entry) {
            let hash = hasher.hash(entry.key)
            let flight = stripes.withLock(stripes.index(of: hash)) { stripe in
                stripe.refresh(
                    entry.view, hash: hash, in: coherence[partition], rules, now: now)
            }
            return flight.map { Fill(flight: $0) }
        }
    }

    /// Ends a refresh that brought nothing: the entry goes on to be served until it expires, and
    /// its key is left alone for as long as `rules` say.
    package func failRefresh(
        _ fill: Fill, _ error: any Error, _ rules: RefreshRules, now: Timestamp
    ) {
        let hash = fill.flight.key.hash
        stripes.withLock(stripes.index(of: hash)) {
            $0.end(fill.flight, pausedUntil: now + rules.pauseAfterFailure)
        }
        fill.flight.complete(.failure(error))
    }

    /// Removes the entry of `key` if it is older than `revision`, and keeps out what is on its
    /// way and is. Who reads from here on joins no fill that began before.
    ///
    /// - Returns: Whether there was such an entry.
    @discardableResult
    package func drop(_ key: UnsafeRawBufferPointer, olderThan revision: UInt64) -> Bool {
        let hash = hasher.hash(key)
        var garbage = Garbage()
        let dropped = stripes.withLock(stripes.index(of: hash)) { stripe in
            stripe.drop(key, hash: hash, olderThan: revision, garbage: &garbage)
        }
        garbage.discard(arena)
        return dropped
    }

    /// Makes every entry of a partition a miss for good, and keeps out what is on its way.
    package func reset(partition: Int) { coherence.change(partition) { $0.reset } }

    /// Makes every entry of a partition a miss until `resume`; nothing is stored meanwhile.
    package func suspend(partition: Int) { coherence.change(partition) { $0.suspended } }

    /// Ends what `suspend` began.
    package func resume(partition: Int) { coherence.change(partition) { $0.resumed } }
}
