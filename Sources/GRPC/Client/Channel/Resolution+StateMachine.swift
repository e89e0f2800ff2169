// When a name is looked up; pure, with time and chance passed in.

import NIOCore

/// Paces the look-ups of one target: on demand, but not more often than every `interval`, and
/// with back-off while they fail.
struct ResolutionStateMachine {
    /// The least time between two look-ups of a name that resolves.
    static let interval = TimeAmount.seconds(30)

    enum Action: Equatable {
        case none
        case resolve
        /// Set a timer.
        case wait(TimeAmount)
    }

    private enum Phase { case idle, resolving, waiting }

    private var phase = Phase.idle
    private var failures = 0
    private var startedAt: NIODeadline?
    private let backoff: BackoffPolicy

    init(backoff: BackoffPolicy) { self.backoff = backoff }

    /// The addresses may have changed.
    mutating func request(now: NIODeadline) -> Action {
        guard case .idle = phase else { return .none }
        if let startedAt, now < startedAt + Self.interval {
            phase = .waiting
            return .wait(startedAt + Self.interval - now)
        }
        return begin(now)
    }

    mutating func timerFired(now: NIODeadline) -> Action {
        guard case .waiting = phase else { return .none }
        return begin(now)
    }

    mutating func succeeded() {
        phase = .idle
        failures = 0
    }

    mutating func failed(random: Double) -> Action {
        guard case .resolving = phase else { return .none }
        failures += 1
        phase = .waiting
        return .wait(TimeAmount(backoff.delay(failures: failures, random: random)))
    }

    private mutating func begin(_ now: NIODeadline) -> Action {
        phase = .resolving
        startedAt = now
        return .resolve
    }
}
