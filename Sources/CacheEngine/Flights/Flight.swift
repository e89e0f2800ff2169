// Owns one load that several callers wait for; any thread. Its lock may be taken under a
// stripe's, never the other way round.

import Synchronization

/// A key with bytes of its own, and the hash that its entry is found with.
struct FlightKey: Sendable {
    let hash: UInt64
    let bytes: [UInt8]

    @inline(__always)
    func isSame(as key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        guard hash == self.hash, bytes.count == key.count else { return false }
        return bytes.withUnsafeBytes { own in
            guard let own = own.baseAddress, let other = key.baseAddress else { return true }
            return EntryView.equal(own, other, count: key.count)
        }
    }
}

/// One value on its way into the cache, and the callers that wait for it.
final class Flight: Sendable {
    typealias Outcome = Result<CacheEntry?, any Error>

    /// Called once, on the thread that completes the flight or by whoever comes too late to wait.
    struct Waiter: Sendable {
        // Not the closure itself: an array of closures wraps each into one more.
        let call: @Sendable (Outcome) -> Void
    }

    private struct State {
        var seats = FlightStateMachine<Waiter, Outcome>()
        var task: Task<Void, Never>?
        var isAbandoned = false
    }

    let key: FlightKey
    /// The state of its partition when it began.
    let coherence: CoherenceWord
    /// When its leader gives up, by the leader's clock; 0: nobody said.
    let end = Atomic<UInt64>(0)
    private let lock = SpinLock()
    nonisolated(unsafe) private var state = State()  // holds: under the lock only, see `withState`

    /// The least version that may land.
    nonisolated(unsafe) var floor: UInt64 = 0  // holds: under the stripe's lock only
    /// Whether callers may join it.
    nonisolated(unsafe) var isJoinable: Bool  // holds: under the stripe's lock only
    /// Another flight of the same bucket.
    nonisolated(unsafe) var next: Flight?  // holds: under the stripe's lock only
    /// Whether it may store its value.
    nonisolated(unsafe) var isInTable = false  // holds: under the stripe's lock only

    init(key: FlightKey, coherence: CoherenceWord = .alone, isJoinable: Bool = true) {
        self.key = key
        self.coherence = coherence
        self.isJoinable = isJoinable
    }

    @inline(__always)
    private func withState<Result>(_ body: (inout State) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&state)
    }

    /// Takes a seat for a caller; under the stripe's lock, while the flight is in its table.
    func reserveSeat() -> Int {
        withState { $0.seats.reserve() }
    }

    /// Waits on a seat for the outcome.
    func wait(on seat: Int) async throws -> CacheEntry? {
        try await withCheckedThrowingContinuation { continuation in
            let waiter = Waiter { continuation.resume(with: $0) }
            switch withState({ $0.seats.sit(waiter, on: seat) }) {
            case .wait: break
            case .resume(let outcome): waiter.call(outcome)
            case .left: waiter.call(.failure(CancellationError()))
            }
        }
    }

    /// Has `waiter` called with the outcome: at once, if there is one already.
    @inline(__always)
    func whenComplete(_ waiter: consuming Waiter) {
        var waiter: Waiter? = consume waiter
        if let outcome = withState({ $0.seats.stand(&waiter) }) { waiter?.call(outcome) }
    }

    /// Leaves a seat, as a cancelled caller does; answers what is to be done about it once the
    /// stripe's lock is dropped. Under the stripe's lock, so that nobody joins meanwhile.
    func leave(_ seat: Int) -> Departure {
        withState { state in
            let action = state.seats.leave(seat)
            if action.isLast { state.isAbandoned = true }
            return Departure(
                waiter: action.waiter, task: action.isLast ? state.task : nil,
                isLast: action.isLast)
        }
    }

    /// Keeps the task, to be cancelled when the last caller leaves, or at once if it has.
    func started(_ task: Task<Void, Never>) {
        let isAbandoned = withState { state in
            state.task = task
            return state.isAbandoned
        }
        if isAbandoned { task.cancel() }
    }

    /// Gives every caller the outcome.
    func complete(_ outcome: Outcome) {
        var waiters = withState { state in
            state.task = nil
            return state.seats.complete(outcome)
        }
        // Each is taken out and so handed on: to copy a reference costs as much as to join.
        waiters.withUnsafeMutableBufferPointer { waiters in
            for index in waiters.indices { waiters[index].take()?.call(outcome) }
        }
    }

    /// What a caller's leaving asks for.
    struct Departure: Sendable {
        fileprivate let waiter: Waiter?
        fileprivate let task: Task<Void, Never>?
        let isLast: Bool

        /// Wakes the caller that left, and cancels the load nobody waits for any more.
        func finish() {
            waiter?.call(.failure(CancellationError()))
            task?.cancel()
        }
    }
}
