// Decides when a shard is left alone; a value with the clock passed in, any thread.

import NIOCore

/// A circuit breaker (M. Nygard, *Release It!*): after too many failures it refuses at once, and
/// lets probes of its owner find out when the shard is well again.
///
/// Its owner asks it after every event what to do next.
package struct CircuitBreaker: Sendable {
    /// Whether commands pass.
    package enum State: String, Hashable, Sendable {
        /// They do.
        case closed
        /// They do not, until the back-off is over.
        case open
        /// They do not: probes are on their way.
        case halfOpen = "half_open"
    }

    /// What its owner does now.
    enum Action: Hashable, Sendable {
        /// Nothing.
        case none
        /// Calls `backOffEnded` at that time.
        case open(until: NIODeadline)
        /// Sends a probe and tells its result.
        case probe
        /// Lets commands pass again.
        case close
    }

    /// When it opens, and for how long.
    struct Limits: Sendable {
        /// How long failures count.
        var window: TimeAmount = .seconds(10)
        /// The fewest calls in the window that tell anything.
        var minimumCalls = 20
        /// The share of failures, in percent, that opens it.
        var failurePercent = 50
        /// The first back-off; it doubles with each failed probe.
        var firstBackOff: TimeAmount = .milliseconds(200)
        /// The longest back-off.
        var longestBackOff: TimeAmount = .seconds(10)
        /// Probes in a row that have to succeed.
        var probes = 3
        /// How long it has to stay closed before the back-off begins anew.
        var probation: TimeAmount = .seconds(30)
    }

    private struct Bucket {
        var start = NIODeadline.uptimeNanoseconds(0)
        var calls = 0
        var failures = 0
    }

    private static let bucketCount = 10

    private let limits: Limits
    private var buckets = [Bucket](repeating: Bucket(), count: Self.bucketCount)
    private var openings = 0
    private var closedAt = NIODeadline.uptimeNanoseconds(0)
    private var probesLeft = 0
    /// Whether commands pass.
    package private(set) var state = State.closed
    /// When the back-off ends, while it is open.
    private(set) var openUntil = NIODeadline.uptimeNanoseconds(0)

    init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Counts ended calls.
    ///
    /// - Parameter jitter: From 0 up to 1; where in the second half of the back-off it ends.
    mutating func record(
        calls: Int, failures: Int, now: NIODeadline, jitter: Double
    ) -> Action {
        guard state == .closed else { return .none }
        let length = limits.window.nanoseconds / Int64(Self.bucketCount)
        let index = Int(truncatingIfNeeded: now.uptimeNanoseconds / UInt64(length))
        let start = NIODeadline.uptimeNanoseconds(UInt64(index) * UInt64(length))
        let slot = index % Self.bucketCount
        if buckets[slot].start != start { buckets[slot] = Bucket(start: start) }
        buckets[slot].calls += calls
        buckets[slot].failures += failures
        guard failures > 0 else { return .none }
        var sum = Bucket()
        for bucket in buckets where bucket.start + limits.window > now {
            sum.calls += bucket.calls
            sum.failures += bucket.failures
        }
        guard sum.calls >= limits.minimumCalls,
            sum.failures * 100 >= sum.calls * limits.failurePercent
        else { return .none }
        if now > closedAt + limits.probation { openings = 0 }
        return open(now: now, jitter: jitter)
    }

    /// The back-off is over, or there is reason to believe that the shard is well again.
    mutating func backOffEnded() -> Action {
        guard state == .open else { return .none }
        state = .halfOpen
        probesLeft = limits.probes
        return .probe
    }

    /// A probe was answered in time.
    mutating func probeSucceeded(now: NIODeadline) -> Action {
        guard state == .halfOpen else { return .none }
        probesLeft -= 1
        return probesLeft > 0 ? .probe : reset(now: now)
    }

    /// A probe was not answered in time.
    mutating func probeFailed(now: NIODeadline, jitter: Double) -> Action {
        state == .halfOpen ? open(now: now, jitter: jitter) : .none
    }

    /// Another server took over: what was counted does not concern it.
    mutating func replaceServer(now: NIODeadline) -> Action {
        openings = 0
        return state == .closed ? clear(now: now) : reset(now: now)
    }

    private mutating func clear(now: NIODeadline) -> Action {
        buckets = [Bucket](repeating: Bucket(), count: Self.bucketCount)
        closedAt = now
        return .none
    }

    private mutating func reset(now: NIODeadline) -> Action {
        state = .closed
        _ = clear(now: now)
        return .close
    }

    private mutating func open(now: NIODeadline, jitter: Double) -> Action {
        state = .open
        let first = limits.firstBackOff.nanoseconds
        let whole = min(first << Int64(min(openings, 20)), limits.longestBackOff.nanoseconds)
        openings += 1
        openUntil = now + .nanoseconds(whole / 2 + Int64(Double(whole / 2) * jitter))
        return .open(until: openUntil)
    }
}
