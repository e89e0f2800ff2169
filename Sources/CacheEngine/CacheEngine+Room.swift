// Making room in all stripes; any thread, one stripe's lock at a time.

import Locks
import Synchronization

extension CacheEngine {
    /// The most entries that are evicted one by one before the write tries again.
    private static let maxSteps = 64

    /// A search for room, and whom it spares.
    struct RoomSearch {
        let need: Need
        let key: UnsafeRawBufferPointer
        let hash: UInt64
        let now: Timestamp
    }

    /// Evicts until a need is covered; answers whether it was, or will be after another round:
    /// false when nothing more could be removed.
    ///
    /// Where the stripes have few entries each, what goes is what is first of all stripes; else
    /// each stripe in turn gives some of its own.
    func collectRoom(_ search: RoomSearch, _ reservation: inout Reservation) -> Bool {
        let turn = roomHand.wrappingAdd(1, ordering: .relaxed).newValue
        let namespaces = current.withLock { $0 }
        let need = search.need
        var progressed = false
        for step in 0..<Self.maxSteps {
            let chance = Chance(UInt64(truncatingIfNeeded: turn &* Self.maxSteps &+ step))
            let start = Int(truncatingIfNeeded: chance.number) & (stripes.count - 1)
            guard let segment = segment(of: need.budget, in: namespaces, chance, from: start),
                namespaces.segments[segment].domain.isSparse,
                evictFirst(of: segment, in: namespaces, search, chance, &reservation)
            else { break }
            progressed = true
            if reservation.cover(bytes: need.bytes, entries: need.entries) { return true }
        }
        return collectInTurn(search, from: turn, &reservation) || progressed
    }

    /// Has every stripe make room as it can, from `turn` on.
    private func collectInTurn(
        _ search: RoomSearch, from turn: Int, _ reservation: inout Reservation
    ) -> Bool {
        var progressed = false
        for offset in 0..<stripes.count {
            var isEmpty = true
            let isCovered = inspect((turn &+ offset) & (stripes.count - 1), search, &reservation) {
                stripe, spared, reservation, garbage in
                let isCovered = stripe.makeRoom(
                    search.need, sparing: spared, now: search.now, &reservation,
                    garbage: &garbage, anyhow: true)
                isEmpty = garbage.isEmpty
                return isCovered
            }
            progressed = progressed || !isEmpty
            if isCovered { return true }
        }
        return progressed
    }

    /// Of the segments that share a budget each gives in proportion to what it has.
    private func segment(
        of budget: Budget, in namespaces: NamespaceTable, _ chance: Chance, from start: Int
    ) -> Int? {
        let siblings = namespaces.segments(of: budget)
            .filter { namespaces.segments[$0].domain.policy != .none }
        guard siblings.count > 1 else { return siblings.first }
        let shares = siblings.map { namespaces.segments[$0].domain.bytes(from: start) }
        return chance.index(of: shares).map { siblings[$0] }
    }

    private func evictFirst(
        of segment: Int, in namespaces: NamespaceTable, _ search: RoomSearch, _ chance: Chance,
        _ reservation: inout Reservation
    ) -> Bool {
        let domain = namespaces.segments[segment].domain
        let contest = Contest(segment: segment, domain: domain, namespaces: namespaces)
        let start = Int(truncatingIfNeeded: chance.number) & (stripes.count - 1)
        if domain.policy == .tinylfu {
            return evict(contest, search, from: start, &reservation)
        }
        domain.tellShortage()
        guard let first = domain.stripeOfFirst(from: start, chance: chance.number) else {
            return false
        }
        return inspect(first, search, &reservation) { stripe, spared, reservation, garbage in
            contest.isOver(in: stripe)
                ? false
                : stripe.evictFirst(
                    of: segment, for: search.need, sparing: spared, &reservation,
                    garbage: &garbage)
        }
    }

    typealias Inspection<Result> = (
        inout Stripe, Int?, inout Reservation, inout Garbage
    ) -> Result

    /// Does something in a stripe, which is given the slot to spare; frees what it removed.
    func inspect<Result: Sendable>(
        _ stripe: Int, _ search: RoomSearch, _ reservation: inout Reservation,
        _ body: Inspection<Result>
    ) -> Result {
        var garbage = Garbage()
        let result = stripes.withLock(stripe) { stripe in
            let own = stripe.table.find(search.key, hash: search.hash)
            return body(&stripe, own, &reservation, &garbage)
        }
        garbage.discard(arena)
        return result
    }

    /// Evicts until a budget that became smaller is not exceeded, or nothing more may go.
    func shrink(_ budget: Budget) {
        var turn = 0
        var idle = 0
        while budget.isExceeded && idle < stripes.count {
            var garbage = Garbage()
            let evicted = stripes.withLock(turn & (stripes.count - 1)) {
                $0.shrink(budget, garbage: &garbage)
            }
            garbage.discard(arena)
            turn += 1
            idle = evicted ? 0 : idle + 1
        }
    }
}
