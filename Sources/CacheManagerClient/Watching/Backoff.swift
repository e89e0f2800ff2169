// How long to wait before the next attempt; a value, random numbers passed in.

/// Exponential back-off with jitter: each pause is drawn between the shortest one and three times
/// the pause before, so that clients that were cut off together do not come back together.
struct Backoff {
    static let shortest = Duration.milliseconds(200)
    static let longest = Duration.seconds(10)
    private static let growth = 3

    private var previous = shortest

    /// The next pause; `random` is at least 0 and less than 1.
    mutating func next(random: Double) -> Duration {
        let most = min(previous * Self.growth, Self.longest)
        previous = Self.shortest + (most - Self.shortest) * random
        return previous
    }

    /// An attempt succeeded: the next pause is short again.
    mutating func reset() { previous = Self.shortest }
}
