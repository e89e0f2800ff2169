// The waits between attempts, and what calls may be tried again; no clock, no network.

import Testing

@testable import GRPC

@Suite struct BackoffPolicyTests {
    private let policy = BackoffPolicy()

    @Test("without jitter the waits are 1 s, then 1.6 times as long each, up to 120 s")
    func series() {
        let waits = (1...20).map { policy.delay(failures: $0, random: 0.5) / .seconds(1) }
        #expect(waits[0] == 1)
        for (before, after) in zip(waits, waits.dropFirst()) {
            #expect(abs(after - min(before * 1.6, 120)) < 1e-9)
        }
        #expect(waits.last == 120)
    }

    @Test(
        "jitter stays within a fifth, and reaches both ends", arguments: [1, 2, 5, 11, 1_000_000])
    func jitter(failures: Int) {
        let middle = policy.delay(failures: failures, random: 0.5) / .seconds(1)
        let waits = (0...100).map {
            policy.delay(failures: failures, random: Double($0) / 100) / .seconds(1)
        }
        #expect(waits == waits.sorted())
        #expect(abs(waits[0] - middle * 0.8) < 1e-9)
        #expect(abs(waits[100] - middle * 1.2) < 1e-9)
    }

    @Test("random waits spread over the whole range and have the right mean")
    func distribution() {
        var generator = SystemRandomNumberGenerator()
        let waits = (0..<10_000).map { _ in
            policy.delay(failures: 1, random: .random(in: 0...1, using: &generator)) / .seconds(1)
        }
        #expect(waits.allSatisfy { (0.8...1.2).contains($0) })
        let mean = waits.reduce(0, +) / Double(waits.count)
        #expect(abs(mean - 1) < 0.02)
        #expect(waits.contains { $0 < 0.85 } && waits.contains { $0 > 1.15 })
    }

    @Test("an initial wait beyond the longest is cut to it")
    func initialBeyondMaximum() {
        var policy = BackoffPolicy()
        policy.initial = .seconds(500)
        #expect(policy.delay(failures: 1, random: 0.5) == .seconds(120))
    }

    @Test("a call that nobody processed is tried once more, one that may be processed never")
    func retries() {
        var attempts = CallAttempts(timeout: nil, now: .now)
        #expect(attempts.mayRetry(.none) == false)
        #expect(attempts.mayRetry(.unprocessed) == true)
        #expect(attempts.mayRetry(.unprocessed) == false)
        for _ in 0..<CallAttempts.maxUnsent { #expect(attempts.mayRetry(.unsent) == true) }
        #expect(attempts.mayRetry(.unsent) == false)
    }

    @Test("the time that is left shrinks to nothing and not below")
    func timeLeft() {
        let start = ContinuousClock.now
        let attempts = CallAttempts(timeout: .seconds(5), now: start)
        #expect(attempts.timeLeft(now: start + .seconds(2)) == .seconds(3))
        #expect(attempts.timeLeft(now: start + .seconds(9)) == .zero)
        #expect(CallAttempts(timeout: nil, now: start).timeLeft(now: start) == nil)
    }

    @Test("round robin gives each in turn, and passes over what cannot be used")
    func roundRobin() {
        var turn = RoundRobin([1, 2, 3], start: 4)
        let all = (0..<5).map { _ in turn.next { _ in true } }
        #expect(all == [2, 3, 1, 2, 3])
        let some = (0..<4).map { _ in turn.next { $0 != 2 } }
        #expect(some == [1, 3, 1, 3])
        let nothing = turn.next { _ in false }
        #expect(nothing == nil)
        var empty = RoundRobin<Int>(start: 3)
        let none = empty.next { _ in true }
        #expect(none == nil)
    }
}
