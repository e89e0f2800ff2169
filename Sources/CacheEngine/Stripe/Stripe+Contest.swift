// W-TinyLFU across stripes: what each one says to a contest between entries of two of them;
// under its lock.

extension Stripe {
    private func tinylfu(_ segment: Int) -> UnsafeMutablePointer<TinyLFUPolicy>? {
        if case .tinylfu(let policy) = policies[segment] { policy } else { nil }
    }

    /// How often the oldest entry of the window here was used; nil where there is none.
    func candidateFrequency(of segment: Int, sparing slot: Int?) -> Int? {
        guard let policy = tinylfu(segment),
            let candidate = policy.pointee.window.oldest(sparing: slot, in: table.slots)
        else { return nil }
        return policy.pointee.frequency(of: candidate, in: table.slots)
    }

    /// Evicts the oldest entry here that has passed the window, if one used `frequency` times is
    /// to have its place.
    mutating func yield(
        to frequency: Int, of segment: Int, for need: Need, sparing slot: Int?,
        _ reservation: inout Reservation, garbage: inout Garbage
    ) -> Bool {
        guard let policy = tinylfu(segment),
            let incumbent = policy.pointee.incumbent(sparing: slot, in: table.slots),
            policy.pointee.wins(frequency, over: incumbent, in: table.slots)
        else { return false }
        reclaim(
            incumbent, by: .eviction(.outcompeted), need.budget, &reservation, garbage: &garbage)
        return true
    }

    /// Evicts the oldest entry of the window here; answers whether there was one.
    mutating func evictCandidate(
        of segment: Int, for need: Need, sparing slot: Int?, _ reservation: inout Reservation,
        garbage: inout Garbage
    ) -> Bool {
        guard let policy = tinylfu(segment),
            let candidate = policy.pointee.window.oldest(sparing: slot, in: table.slots)
        else { return false }
        reclaim(
            candidate, by: .eviction(.notAdmitted), need.budget, &reservation, garbage: &garbage)
        return true
    }

    /// Evicts the oldest entry here that has passed the window; answers whether there was one.
    mutating func evictIncumbent(
        of segment: Int, for need: Need, sparing slot: Int?, _ reservation: inout Reservation,
        garbage: inout Garbage
    ) -> Bool {
        guard let policy = tinylfu(segment),
            let incumbent = policy.pointee.incumbent(sparing: slot, in: table.slots)
        else { return false }
        reclaim(incumbent, by: .eviction(.order), need.budget, &reservation, garbage: &garbage)
        return true
    }

    mutating func admitCandidate(of segment: Int) {
        tinylfu(segment)?.pointee.admitOldest(in: table.slots)
    }

    mutating func demoteOldest(of segment: Int) {
        tinylfu(segment)?.pointee.demoteOldest(in: table.slots)
    }
}
