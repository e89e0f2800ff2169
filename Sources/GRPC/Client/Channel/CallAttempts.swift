// How often one call may be tried, and how long; a value.

/// Why a failed call may be tried again, by the protocol and not by guess (grpc
/// `doc/wait-for-ready.md` and gRFC A6, "transparent retries").
enum RetrySafety {
    /// The server may have seen it.
    case none
    /// The server has said that it did not process the call.
    case unprocessed
    /// It never got onto the wire.
    case unsent
}

/// The transparent retries of a call, and its deadline.
struct CallAttempts {
    /// How often a call that never gets onto the wire is given to another connection.
    static let maxUnsent = 100

    private let deadline: ContinuousClock.Instant?
    private var unsent = 0
    private var hasRetried = false

    init(timeout: Duration?, now: @autoclosure () -> ContinuousClock.Instant) {
        deadline = timeout.map { now() + $0 }
    }

    /// Whether a call that failed like this is tried again; asked once for each failure.
    mutating func mayRetry(_ safety: RetrySafety) -> Bool {
        switch safety {
        case .none: return false
        case .unprocessed:
            // A server that refuses twice means it.
            defer { hasRetried = true }
            return !hasRetried
        case .unsent:
            unsent += 1
            return unsent <= Self.maxUnsent
        }
    }

    /// What is left of the timeout; nil: there is none.
    func timeLeft(now: @autoclosure () -> ContinuousClock.Instant) -> Duration? {
        deadline.map { max($0 - now(), .zero) }
    }
}
