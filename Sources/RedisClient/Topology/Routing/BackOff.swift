// How long to wait before the next attempt; a value with the random number passed in, any thread.

import NIOCore

/// An exponential back-off: each wait is somewhere in the second half of its step, so that those
/// who failed together do not come back together.
struct BackOff: Hashable, Sendable {
    private let first: TimeAmount
    private let longest: TimeAmount
    private var attempts = 0

    init(first: TimeAmount, longest: TimeAmount) {
        self.first = first
        self.longest = longest
    }

    /// Between attempts to connect.
    static let connecting = BackOff(first: .milliseconds(100), longest: .seconds(5))
    /// Before a command is sent again.
    static let retrying = BackOff(first: .milliseconds(5), longest: .milliseconds(200))

    /// The next wait.
    ///
    /// - Parameter jitter: From 0 up to 1.
    mutating func next(jitter: Double) -> TimeAmount {
        let step = min(first.nanoseconds << Int64(min(attempts, 20)), longest.nanoseconds)
        attempts += 1
        return .nanoseconds(step / 2 + Int64(Double(step / 2) * jitter))
    }

    /// Begins with the first step again.
    mutating func reset() { attempts = 0 }
}
