// Owns one load that several callers wait for; any thread. Its lock may be taken under a
// stripe's, never the other way round.

import Locks

/// A key, ready for a dictionary: the table's hash does for the dictionary, too.
struct FlightKey: Hashable, Sendable {
    let hash: UInt64
    let bytes: [UInt8]

    func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}

/// One load: a task, and the callers that wait for it.
final class Flight: Sendable {
    typealias Outcome = Result<CacheEntry?, any Error>
    private typealias Waiter = CheckedContinuation<CacheEntry?, any Error>

    private struct State {
        var seats = FlightStateMachine<Waiter, Outcome>()
        var task: Task<Void, Never>?
        var isAbandoned = false
    }

    let key: FlightKey
    private let state = Locked(State())

    init(key: FlightKey) {
        self.key = key
    }

    /// Takes a seat for a caller; under the stripe's lock, while the flight is in its table.
    func reserveSeat() -> Int {
        state.withLock { $0.seats.reserve() }
    }

    /// Waits on a seat for the outcome.
    func wait(on seat: Int) async throws -> CacheEntry? {
        try await withCheckedThrowingContinuation { (waiter: Waiter) in
            switch state.withLock({ $0.seats.sit(waiter, on: seat) }) {
            case .wait: break
            case .resume(let outcome): waiter.resume(with: outcome)
            case .left: waiter.resume(throwing: CancellationError())
            }
        }
    }

    /// Leaves a seat, as a cancelled caller does; answers what is to be done about it once the
    /// stripe's lock is dropped. Under the stripe's lock, so that nobody joins meanwhile.
    func leave(_ seat: Int) -> Departure {
        state.withLock { state in
            let action = state.seats.leave(seat)
            if action.isLast { state.isAbandoned = true }
            return Departure(
                waiter: action.waiter, task: action.isLast ? state.task : nil,
                isLast: action.isLast)
        }
    }

    /// Keeps the task, to be cancelled when the last caller leaves, or at once if it has.
    func started(_ task: Task<Void, Never>) {
        let isAbandoned = state.withLock { state in
            state.task = task
            return state.isAbandoned
        }
        if isAbandoned { task.cancel() }
    }

    /// Gives every caller the outcome.
    func complete(_ outcome: Outcome) {
        let waiters = state.withLock { state in
            state.task = nil
            return state.seats.complete(outcome)
        }
        for waiter in waiters { waiter.resume(with: outcome) }
    }

    /// What a caller's leaving asks for.
    struct Departure: Sendable {
        fileprivate let waiter: CheckedContinuation<CacheEntry?, any Error>?
        fileprivate let task: Task<Void, Never>?
        let isLast: Bool

        /// Wakes the caller that left, and cancels the load nobody waits for any more.
        func finish() {
            waiter?.resume(throwing: CancellationError())
            task?.cancel()
        }
    }
}
