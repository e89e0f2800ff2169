// A token bucket; a plain value with the time passed in.

import NIOCore

/// Lets so much happen a second, and ten seconds' worth of it at once.
struct RateLimit {
    private static let burstSeconds = 10.0

    private let perSecond: Double
    private var available: Double
    private var last: NIODeadline?

    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
        available = self.perSecond * Self.burstSeconds
    }

    /// Takes `cost` out, after `credit` was earned. False: more than there was.
    mutating func take(_ cost: Int, credit: Int = 0, now: NIODeadline) -> Bool {
        let elapsed = last.map { now - $0 } ?? .zero
        last = now
        let burst = perSecond * Self.burstSeconds
        let earned = max(0, Double(elapsed.nanoseconds)) / 1e9 * perSecond
        let left = min(burst, available + earned) + Double(credit) - Double(cost)
        available = min(burst, left)
        return left >= 0
    }
}
