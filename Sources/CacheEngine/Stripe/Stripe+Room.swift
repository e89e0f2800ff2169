// Making room in one stripe; under its lock.

/// Room that a write needs of a budget. Less than nothing when an entry shrinks.
struct Need {
    let budget: Budget
    let bytes: Int
    let entries: Int
}

extension Stripe {
    /// The most entries one turn under the lock evicts: some microseconds.
    private static let maxEvictionsPerTurn = 32
    /// The most deadlines one turn looks at before it evicts what is still alive.
    private static let maxDuePerTurn = 512

    /// Covers `need`: from what is free, then from what has expired, then by evicting, where this
    /// stripe alone can tell what is to go. Answers whether it could; what it evicted is the
    /// reservation's in any case.
    ///
    /// - Parameter anyhow: Evict, too, where other stripes may have something that should go first.
    mutating func makeRoom(
        _ need: Need, sparing slot: Int?, now: Timestamp, _ reservation: inout Reservation,
        garbage: inout Garbage, anyhow: Bool = false
    ) -> Bool {
        if reservation.cover(bytes: need.bytes, entries: need.entries) { return true }
        var looks = Self.maxDuePerTurn
        while let due = table.nextDue(now, limit: &looks) {
            reclaim(due, by: .expiration, need.budget, &reservation, garbage: &garbage)
            if reservation.cover(bytes: need.bytes, entries: need.entries) { return true }
        }
        for _ in 0..<Self.maxEvictionsPerTurn {
            guard
                let victim = nextVictim(of: need.budget, sparing: slot, anyhow: anyhow)
            else { return false }
            reclaim(
                victim.slot, by: .eviction(victim.reason), need.budget, &reservation,
                garbage: &garbage)
            if reservation.cover(bytes: need.bytes, entries: need.entries) { return true }
        }
        return false
    }

    /// Evicts what is first in a segment's order here, as room for `need`; answers whether there
    /// was one.
    mutating func evictFirst(
        of segment: Int, for need: Need, sparing slot: Int?, _ reservation: inout Reservation,
        garbage: inout Garbage
    ) -> Bool {
        guard let victim = policies[segment].victim(sparing: slot, in: table.slots) else {
            return false
        }
        reclaim(
            victim.slot, by: .eviction(victim.reason), need.budget, &reservation,
            garbage: &garbage)
        return true
    }

    /// Evicts while `budget` is exceeded, as far as one turn goes; answers whether it evicted.
    mutating func shrink(_ budget: Budget, garbage: inout Garbage) -> Bool {
        var evictions = 0
        // A little of each stripe in turn: what stays is then what is last in the order of all.
        let limit = max(1, min(Self.maxEvictionsPerTurn, table.count / 16))
        while budget.isExceeded, evictions < limit,
            let victim = nextVictim(of: budget, sparing: nil, anyhow: true)
        {
            evictions += 1
            remove(victim.slot, by: .eviction(.shrunk), garbage: &garbage)
        }
        return evictions > 0
    }

    /// Of the segments that share a budget each gives in proportion to what it has.
    private mutating func nextVictim(of budget: Budget, sparing slot: Int?, anyhow: Bool) -> Victim?
    {
        let siblings = namespaces.segments(of: budget)
        var segment = siblings.first ?? 0
        if siblings.count > 1 {
            turns &+= 1
            let shares = siblings.map { policies[$0].holdings.bytes }
            guard let chosen = Chance(turns).index(of: shares) else { return nil }
            segment = siblings[chosen]
        }
        guard !siblings.isEmpty,
            anyhow || policies[segment].holdings.entries >= PolicyDomain.entriesOfLargeStripe
        else { return nil }
        namespaces.segments[segment].domain.tellShortage()
        return policies[segment].victim(sparing: slot, in: table.slots)
    }

    /// Removes an entry whose room goes to the reservation, where it is of the same budget.
    mutating func reclaim(
        _ slot: Int, by departure: Departure, _ budget: Budget,
        _ reservation: inout Reservation, garbage: inout Garbage
    ) {
        let itsBudget = namespaces.namespaces[Int(table.slots[slot].namespace)].budget
        if case .expiration = departure { commitExpiration(of: slot) }
        let bytes = take(slot, by: departure, garbage: &garbage)
        if itsBudget === budget {
            reservation.credit(bytes: bytes, entries: 1)
        } else {
            itsBudget.release(bytes: bytes, entries: 1)
        }
    }
}
