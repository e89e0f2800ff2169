// W-TinyLFU across stripes that have few entries each; any thread, one stripe's lock at a time.

/// Where a contest takes place.
struct Contest {
    let segment: Int
    let domain: PolicyDomain
    let namespaces: NamespaceTable

    /// Whether a stripe has other namespaces by now, and other segments.
    func isOver(in stripe: borrowing Stripe) -> Bool { stripe.namespaces !== namespaces }
}

extension CacheEngine {
    /// The most entries that one eviction moves from queue to queue besides its own.
    private static let maxMoves = 2

    /// Evicts the entry that is to go of all stripes; answers whether it did.
    ///
    /// The oldest of the window is compared with the oldest of the rest. Between two looks under
    /// two locks both may have changed: what is first then is as good.
    func evict(
        _ contest: Contest, _ search: RoomSearch, from start: Int,
        _ reservation: inout Reservation
    ) -> Bool {
        reservation.announce(in: contest.domain)
        var view = contest.domain.overview(from: start)
        contest.domain.tellShortage(window: !view.isWindowFull)
        for _ in 0..<Self.maxMoves where view.isProtectedTooLarge {
            guard let stripe = view.oldest.2 else { break }
            stripes.withLock(stripe) { stripe in
                if !contest.isOver(in: stripe) { stripe.demoteOldest(of: contest.segment) }
            }
            view = contest.domain.overview(from: start)
        }
        let incumbent = view.oldest.1 ?? view.oldest.2
        guard view.isWindowFull || incumbent == nil, let candidate = view.oldest.0 else {
            guard let incumbent else { return false }
            return act(contest, incumbent, search, &reservation) {
                $0.evictIncumbent(
                    of: contest.segment, for: search.need, sparing: $1, &$2, garbage: &$3)
            }
        }
        let evicted = settle(candidate, incumbent, contest, search, &reservation)
        shrinkWindow(contest, from: start)
        return evicted
    }

    /// Evicts the oldest of the window in one stripe, or what it is better than in the other.
    private func settle(
        _ candidate: Int, _ incumbent: Int?, _ contest: Contest, _ search: RoomSearch,
        _ reservation: inout Reservation
    ) -> Bool {
        let segment = contest.segment
        var frequency: Int?
        _ = act(contest, candidate, search, &reservation) { stripe, spared, _, _ in
            frequency = stripe.candidateFrequency(of: segment, sparing: spared)
            return true
        }
        if let frequency, let incumbent,
            act(
                contest, incumbent, search, &reservation,
                {
                    $0.yield(
                        to: frequency, of: segment, for: search.need, sparing: $1, &$2, garbage: &$3
                    )
                })
        {
            _ = act(contest, candidate, search, &reservation) { stripe, _, _, _ in
                stripe.admitCandidate(of: segment)
                return true
            }
            return true
        }
        return act(contest, candidate, search, &reservation) {
            $0.evictCandidate(
                of: segment, for: search.need, sparing: $1, &$2, garbage: &$3)
        }
    }

    private func act(
        _ contest: Contest, _ stripe: Int, _ search: RoomSearch,
        _ reservation: inout Reservation, _ body: Inspection<Bool>
    ) -> Bool {
        inspect(stripe, search, &reservation) { stripe, spared, reservation, garbage in
            contest.isOver(in: stripe) ? false : body(&stripe, spared, &reservation, &garbage)
        }
    }

    /// A window that is to be smaller gives one entry more to the rest.
    private func shrinkWindow(_ contest: Contest, from start: Int) {
        let view = contest.domain.overview(from: start)
        guard view.isWindowTooLarge, let stripe = view.oldest.0 else { return }
        stripes.withLock(stripe) { stripe in
            if !contest.isOver(in: stripe) { stripe.admitCandidate(of: contest.segment) }
        }
    }
}
