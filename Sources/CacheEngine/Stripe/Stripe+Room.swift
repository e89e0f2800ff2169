// Making room in one stripe; under its lock.

/// Room that a write needs of a budget. Less than nothing when an entry shrinks.
struct Need {
    let budget: Budget
    let bytes: Int
    let entries: Int
}

extension Stripe {
    /// The most entries one turn under the lock evicts: some tens of microseconds.
    private static let maxEvictionsPerTurn = 256
    /// The most deadlines one turn looks at before it evicts what is still alive.
    private static let maxDuePerTurn = 512

    /// Covers `need`: from what is free, then from what has expired, then by evicting.
    /// Answers whether it could; what it evicted is the reservation's in any case.
    mutating func makeRoom(
        _ need: Need, sparing slot: Int?, now: Timestamp, _ reservation: inout Reservation,
        garbage: inout Garbage
    ) -> Bool {
        if reservation.cover(bytes: need.bytes, entries: need.entries) { return true }
        var looks = Self.maxDuePerTurn
        while let due = table.nextDue(now, limit: &looks) {
            reclaim(due, by: .expiration, need.budget, &reservation, garbage: &garbage)
            if reservation.cover(bytes: need.bytes, entries: need.entries) { return true }
        }
        var evictions = Self.maxEvictionsPerTurn
        for segment in namespaces.segments(of: need.budget) {
            while evictions > 0,
                let victim = policies[segment].victim(sparing: slot, in: table.slots)
            {
                evictions -= 1
                reclaim(victim, by: .eviction, need.budget, &reservation, garbage: &garbage)
                if reservation.cover(bytes: need.bytes, entries: need.entries) { return true }
            }
        }
        return false
    }

    /// Evicts while `budget` is exceeded; answers whether there is more to evict here.
    mutating func shrink(_ budget: Budget, garbage: inout Garbage) -> Bool {
        var evictions = Self.maxEvictionsPerTurn
        for segment in namespaces.segments(of: budget) {
            while budget.isExceeded,
                let victim = policies[segment].victim(sparing: nil, in: table.slots)
            {
                guard evictions > 0 else { return true }
                evictions -= 1
                remove(victim, by: .eviction, garbage: &garbage)
            }
        }
        return false
    }

    /// Removes an entry whose room goes to the reservation, where it is of the same budget.
    private mutating func reclaim(
        _ slot: Int, by departure: Departure, _ budget: Budget,
        _ reservation: inout Reservation, garbage: inout Garbage
    ) {
        let itsBudget = namespaces.namespaces[Int(table.slots[slot].namespace)].budget
        if departure == .expiration { commitExpiration(of: slot) }
        let bytes = take(slot, by: departure, garbage: &garbage)
        if itsBudget === budget {
            reservation.credit(bytes: bytes, entries: 1)
        } else {
            itsBudget.release(bytes: bytes, entries: 1)
        }
    }
}
