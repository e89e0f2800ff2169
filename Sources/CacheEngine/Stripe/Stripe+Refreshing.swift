// Refreshes of the entries of one stripe; under its lock.

extension Stripe {
    /// The flight of a refresh that the caller is to begin; nil where the entry needs none, one is
    /// under way, or the last one has just failed.
    mutating func refresh(
        _ entry: EntryView, hash: UInt64, in coherence: CoherenceWord, _ rules: RefreshRules,
        now: Timestamp
    ) -> Flight? {
        let isDue = rules.isDue(
            createdAt: entry.createdAt, softExpiresAt: entry.softExpiresAt,
            expiresAt: entry.expiresAt, now: now)
        let key = entry.key
        guard isDue, !refreshPauses.holds(hash, now: now),
            flights.joinable(key, hash: hash, coherence: coherence) == nil,
            let flight = begin(key, hash: hash, in: coherence, isJoinable: true)
        else { return nil }
        // Nobody sits on it: it keeps those who join later, and leave, from ending the refresh.
        _ = flight.reserveSeat()
        return flight
    }

    /// Ends a flight, and leaves its key alone for a while where a refresh has failed.
    mutating func end(_ flight: Flight, pausedUntil: Timestamp? = nil) {
        if let pausedUntil { refreshPauses.add(flight.key.hash, until: pausedUntil) }
        flights.remove(flight)
    }
}
