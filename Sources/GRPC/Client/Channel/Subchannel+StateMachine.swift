// The life of one address: when to connect, when to wait. Pure: time and chance are passed in.

import NIOCore

/// Connecting, being ready and backing off (grpc `doc/connection-backoff.md` and
/// `doc/connectivity-semantics-and-api.md`).
struct SubchannelStateMachine {
    enum State: Equatable {
        case idle
        case connecting
        case ready
        /// The last attempt failed; the next follows when its time has come.
        case transientFailure
        /// A good connection was lost so soon after it was asked for that the next attempt must
        /// wait. Not a failure: callers may wait with it.
        case pausing
        case shutdown
    }

    enum Action: Equatable {
        case none
        /// Connect; give up after this long.
        case connect(timeout: TimeAmount)
        /// Set a timer.
        case wait(TimeAmount)
    }

    private(set) var state = State.idle
    /// Failures since the last greeting of the server.
    private(set) var failures = 0
    private let backoff: BackoffPolicy
    private let connectTimeout: TimeAmount
    /// Before this no other attempt starts: attempts keep the distance of the back-off even
    /// when a server greets and hangs up at once.
    private var retryAt = NIODeadline.uptimeNanoseconds(0)

    init(backoff: BackoffPolicy, connectTimeout: Duration) {
        self.backoff = backoff
        self.connectTimeout = TimeAmount(connectTimeout)
    }

    /// Whether callers should fail rather than wait for this address. A second attempt after a
    /// failure is no reason for hope until it succeeds.
    var isFailing: Bool { failures > 0 && state != .ready }

    /// Somebody wants a connection.
    mutating func connect(now: NIODeadline, random: Double) -> Action {
        guard state == .idle else { return .none }
        return begin(now, random)
    }

    /// The server's SETTINGS have come.
    mutating func greeted() {
        guard state == .connecting else { return }
        state = .ready
        failures = 0
    }

    mutating func attemptFailed(now: NIODeadline) -> Action {
        guard state == .connecting else { return .none }
        failures += 1
        state = .transientFailure
        return .wait(max(retryAt - now, .zero))
    }

    /// The connection was closed, or takes no more calls.
    mutating func connectionLost(now: NIODeadline, random: Double) -> Action {
        guard state == .ready else { return .none }
        if now >= retryAt { return begin(now, random) }
        state = .pausing
        return .wait(retryAt - now)
    }

    mutating func timerFired(now: NIODeadline, random: Double) -> Action {
        guard state == .transientFailure || state == .pausing else { return .none }
        return begin(now, random)
    }

    mutating func shutDown() { state = .shutdown }

    private mutating func begin(_ now: NIODeadline, _ random: Double) -> Action {
        state = .connecting
        let delay = TimeAmount(backoff.delay(failures: failures + 1, random: random))
        retryAt = now + delay
        return .connect(timeout: max(delay, connectTimeout))
    }
}
