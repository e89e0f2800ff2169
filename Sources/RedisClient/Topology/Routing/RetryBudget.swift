// How many commands may be sent again; a value.

/// A token bucket that calls fill: retries of commands that may have been executed are at most a
/// tenth of the calls, beside a small burst, so that they cannot double the load of a server
/// that is going down.
struct RetryBudget: Hashable, Sendable {
    /// Retries that are allowed although no call came before.
    static let burst = 10
    /// A call in so many earns a retry.
    static let callsPerRetry = 10

    private var credit = Self.burst * Self.callsPerRetry

    /// Counts a call.
    @inline(__always)
    mutating func deposit() {
        if credit < Self.burst * Self.callsPerRetry { credit += 1 }
    }

    /// Takes a retry; false: there is none left.
    mutating func withdraw() -> Bool {
        guard credit >= Self.callsPerRetry else { return false }
        credit -= Self.callsPerRetry
        return true
    }
}
