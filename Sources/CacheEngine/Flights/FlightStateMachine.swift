// Owns who waits for a flight and what came of it; a value, guarded by the flight's lock.

/// The seats of a flight. A caller *reserves* a seat when it joins, *sits* on it once it can be
/// woken, and *leaves* it when it is cancelled, in whatever order those last two come.
struct FlightStateMachine<Waiter: Sendable, Outcome: Sendable>: Sendable {
    private enum Seat: Sendable {
        case reserved
        case taken(Waiter)
    }

    enum SitAction: Sendable {
        case wait
        case resume(Outcome)
        /// The caller had left already.
        case left
    }

    struct LeaveAction: Sendable {
        /// To be woken.
        let waiter: Waiter?
        /// Nobody is left to wait for an outcome that has not come.
        let isLast: Bool
    }

    private var seats: [Int: Seat] = [:]
    private var nextSeat = 0
    private var outcome: Outcome?

    mutating func reserve() -> Int {
        nextSeat += 1
        seats[nextSeat] = .reserved
        return nextSeat
    }

    mutating func sit(_ waiter: Waiter, on seat: Int) -> SitAction {
        guard seats[seat] != nil else { return .left }
        if let outcome {
            seats[seat] = nil
            return .resume(outcome)
        }
        seats[seat] = .taken(waiter)
        return .wait
    }

    mutating func leave(_ seat: Int) -> LeaveAction {
        guard let left = seats.removeValue(forKey: seat) else {
            return LeaveAction(waiter: nil, isLast: false)
        }
        let isLast = seats.isEmpty && outcome == nil
        guard case .taken(let waiter) = left else {
            return LeaveAction(waiter: nil, isLast: isLast)
        }
        return LeaveAction(waiter: waiter, isLast: isLast)
    }

    /// Takes the outcome; answers who waits for it.
    mutating func complete(_ outcome: Outcome) -> [Waiter] {
        self.outcome = outcome
        var waiters: [Waiter] = []
        for (seat, occupancy) in seats {
            guard case .taken(let waiter) = occupancy else { continue }
            waiters.append(waiter)
            seats[seat] = nil
        }
        return waiters
    }
}
