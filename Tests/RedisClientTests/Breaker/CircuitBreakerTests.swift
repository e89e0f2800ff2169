// Holds the circuit breaker to its states, with a clock made of numbers.

import NIOCore
import Testing

@testable import RedisClient

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    private static func at(_ milliseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000_000) + .milliseconds(milliseconds)
    }

    /// A breaker that has just opened, and until when.
    private static func opened() throws -> (CircuitBreaker, NIODeadline) {
        var breaker = CircuitBreaker()
        let action = breaker.record(calls: 20, failures: 20, now: at(0), jitter: 0)
        guard case .open(let until) = action else {
            throw RedisServerFailure("it did not open")
        }
        return (breaker, until)
    }

    @Test("opens when half of at least twenty calls fail")
    func opens() {
        var breaker = CircuitBreaker()
        for call in 0..<19 {
            #expect(
                breaker.record(calls: 1, failures: call % 2, now: Self.at(0), jitter: 0) == .none)
        }
        let last = breaker.record(calls: 1, failures: 1, now: Self.at(1), jitter: 0)
        #expect(last == .open(until: Self.at(101)))
        #expect(breaker.state == .open)
    }

    @Test("stays closed with fewer failures than half, and with few calls")
    func staysClosed() {
        var breaker = CircuitBreaker()
        #expect(breaker.record(calls: 19, failures: 19, now: Self.at(0), jitter: 0) == .none)
        #expect(breaker.record(calls: 20, failures: 0, now: Self.at(1), jitter: 0) == .none)
        #expect(breaker.record(calls: 1, failures: 0, now: Self.at(1), jitter: 0) == .none)
        #expect(breaker.state == .closed)
    }

    @Test("forgets failures that are older than its window")
    func forgets() {
        var breaker = CircuitBreaker()
        #expect(breaker.record(calls: 19, failures: 19, now: Self.at(0), jitter: 0) == .none)
        #expect(breaker.record(calls: 1, failures: 1, now: Self.at(11_000), jitter: 0) == .none)
        #expect(breaker.record(calls: 18, failures: 18, now: Self.at(15_000), jitter: 0) == .none)
        let within = breaker.record(calls: 1, failures: 1, now: Self.at(20_500), jitter: 0)
        #expect(within == .open(until: Self.at(20_600)))
    }

    @Test("probes after the back-off, and closes after three good probes")
    func closes() throws {
        var (breaker, until) = try Self.opened()
        #expect(breaker.backOffEnded() == .probe)
        #expect(breaker.state == .halfOpen)
        #expect(breaker.probeSucceeded(now: until) == .probe)
        #expect(breaker.probeSucceeded(now: until) == .probe)
        #expect(breaker.state == .halfOpen)
        #expect(breaker.probeSucceeded(now: until) == .close)
        #expect(breaker.state == .closed)
        // What was counted before is forgotten.
        #expect(breaker.record(calls: 19, failures: 19, now: until, jitter: 0) == .none)
    }

    @Test("doubles the back-off with each failed probe, up to ten seconds")
    func backsOff() throws {
        var (breaker, until) = try Self.opened()
        var waits: [Int64] = []
        for _ in 0..<8 {
            #expect(breaker.backOffEnded() == .probe)
            let now = until
            guard case .open(let next) = breaker.probeFailed(now: now, jitter: 0) else {
                throw RedisServerFailure("it did not open again")
            }
            waits.append((next - now).nanoseconds / 1_000_000)
            until = next
        }
        #expect(waits == [200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000])
        #expect(breaker.backOffEnded() == .probe)
        let latest = breaker.probeFailed(now: until, jitter: 0.999_999)
        #expect(latest.isOpen(after: until + .milliseconds(9_999), before: until + .seconds(10)))
    }

    @Test("goes on with the back-off when it opens again soon, and not when it was well for long")
    func probation() throws {
        var (breaker, until) = try Self.opened()
        #expect(breaker.backOffEnded() == .probe)
        for _ in 0..<3 { _ = breaker.probeSucceeded(now: until) }
        until = until + .seconds(1)
        let soon = breaker.record(calls: 20, failures: 20, now: until, jitter: 0)
        #expect(soon == .open(until: until + .milliseconds(200)))
        #expect(breaker.backOffEnded() == .probe)
        for _ in 0..<3 { _ = breaker.probeSucceeded(now: until) }
        until = until + .seconds(31)
        let late = breaker.record(calls: 20, failures: 20, now: until, jitter: 0)
        #expect(late == .open(until: until + .milliseconds(100)))
    }

    @Test("closes at once when another server takes over")
    func replaced() throws {
        var (breaker, until) = try Self.opened()
        #expect(breaker.replaceServer(now: until) == .close)
        #expect(breaker.state == .closed)
        #expect(breaker.replaceServer(now: until) == .none)
    }

    @Test("ignores what comes late")
    func ignoresLate() throws {
        var (breaker, until) = try Self.opened()
        #expect(breaker.probeSucceeded(now: until) == .none)
        #expect(breaker.probeFailed(now: until, jitter: 0) == .none)
        #expect(breaker.record(calls: 1, failures: 1, now: until, jitter: 0) == .none)
        #expect(breaker.backOffEnded() == .probe)
        #expect(breaker.backOffEnded() == .none)
        #expect(breaker.state == .halfOpen)
    }
}

extension CircuitBreaker.Action {
    fileprivate func isOpen(after: NIODeadline, before: NIODeadline) -> Bool {
        if case .open(let until) = self { until >= after && until <= before } else { false }
    }
}
