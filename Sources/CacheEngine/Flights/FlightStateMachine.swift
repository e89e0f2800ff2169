// Owns who waits for a flight and what came of it; a value, guarded by the flight's lock.

/// Those who wait for a flight. Who may be cancelled has a seat: it *reserves* one when it joins,
/// *sits* on it once it can be woken, and *leaves* it when it is cancelled, in whatever order
/// those last two come. Who stays until the end *stands*.
struct FlightStateMachine<Waiter: Sendable, Outcome: Sendable>: Sendable {
    private enum Seat: Sendable {
        case reserved
        case taken(Waiter)
        /// Its caller left before it sat down, and comes to hear so.
        case left
        case free
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

    private var standing: [Waiter?] = []
    private var seats: [Seat] = []
    /// Seats that may be reserved again.
    private var free: [Int] = []
    /// How many seats are reserved or taken.
    private var occupied = 0
    private var outcome: Outcome?

    /// Takes a waiter without a seat, unless the outcome is there already: then answers that.
    @inline(__always)
    mutating func stand(_ waiter: inout Waiter?) -> Outcome? {
        if let outcome { return outcome }
        standing.append(waiter.take())
        return nil
    }

    mutating func reserve() -> Int {
        occupied += 1
        if let seat = free.popLast() {
            seats[seat] = .reserved
            return seat
        }
        seats.append(.reserved)
        return seats.count - 1
    }

    mutating func sit(_ waiter: Waiter, on seat: Int) -> SitAction {
        guard case .reserved = seats[seat] else {
            end(seat)
            return .left
        }
        if let outcome {
            occupied -= 1
            end(seat)
            return .resume(outcome)
        }
        seats[seat] = .taken(waiter)
        return .wait
    }

    mutating func leave(_ seat: Int) -> LeaveAction {
        switch seats[seat] {
        case .left, .free: return LeaveAction(waiter: nil, isLast: false)
        case .reserved:
            occupied -= 1
            seats[seat] = .left
            return LeaveAction(waiter: nil, isLast: isAbandoned)
        case .taken(let waiter):
            occupied -= 1
            end(seat)
            return LeaveAction(waiter: waiter, isLast: isAbandoned)
        }
    }

    /// Takes the outcome; answers who waits for it, none of them nil.
    mutating func complete(_ outcome: Outcome) -> [Waiter?] {
        self.outcome = outcome
        var waiters: [Waiter?] = []
        swap(&waiters, &standing)
        for seat in seats.indices {
            guard case .taken(let waiter) = seats[seat] else { continue }
            occupied -= 1
            // Not to be reserved again: its caller may be about to leave it.
            seats[seat] = .free
            waiters.append(waiter)
        }
        return waiters
    }

    private var isAbandoned: Bool { occupied == 0 && standing.isEmpty && outcome == nil }

    private mutating func end(_ seat: Int) {
        seats[seat] = .free
        free.append(seat)
    }
}
