// How long to wait between attempts to connect; pure, with the random number passed in.

/// Exponential back-off with jitter (grpc `doc/connection-backoff.md`).
package struct BackoffPolicy: Sendable, Equatable {
    /// The wait after the first failure.
    package var initial: Duration = .seconds(1)
    /// How much longer each further wait is.
    package var multiplier = 1.6
    /// The longest wait, before jitter.
    package var maximum: Duration = .seconds(120)
    /// By which part a wait is lengthened or shortened, so that clients do not come together.
    package var jitter = 0.2

    /// The document's values.
    package init() {}

    /// The wait after `failures` failures in a row, 1 or more; `random` lies in 0 ... 1.
    func delay(failures: Int, random: Double) -> Duration {
        let limit = seconds(maximum)
        var delay = min(seconds(initial), limit)
        var left = failures - 1
        while left > 0, delay < limit, multiplier > 1 {
            delay = min(delay * multiplier, limit)
            left -= 1
        }
        return .seconds(delay * (1 + jitter * (2 * random - 1)))
    }

    private func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}
