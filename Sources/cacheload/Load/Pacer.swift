// When one worker's calls are meant to be sent; a value, the time passed in.

/// An open loop has fixed times, however late the answers are; a closed one sends at once.
struct Pacer {
    private let start: ContinuousClock.Instant
    private let interval: Duration?
    private var sent = 0

    /// Times from `start` on, so far apart; nil: at once, whenever asked.
    init(start: ContinuousClock.Instant, interval: Duration?) {
        self.start = start
        self.interval = interval
    }

    /// The time at which the next call is meant to be sent.
    mutating func next(now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        guard let interval else { return now }
        defer { sent += 1 }
        return start + interval * sent
    }

    /// How many calls were meant to be sent before `end` and were not.
    func missed(before end: ContinuousClock.Instant) -> Int {
        guard let interval, end > start else { return 0 }
        return max(0, Int(((end - start) / interval).rounded(.up)) - sent)
    }
}
