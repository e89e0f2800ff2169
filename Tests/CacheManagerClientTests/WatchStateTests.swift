// What a watch does next, without a server.

import Testing

@testable import CacheManagerClient

@Suite struct BackoffTests {
    @Test("pauses grow from the shortest to the longest and never leave that range")
    func grows() {
        var backoff = Backoff()
        var pauses: [Duration] = []
        for _ in 0..<8 { pauses.append(backoff.next(random: 0.999_999)) }
        #expect(pauses == pauses.sorted())
        #expect(pauses[0] < .milliseconds(601))
        #expect(pauses[7] > .milliseconds(9_999) && pauses[7] <= Backoff.longest)
    }

    @Test("the shortest pause is possible at any time, and comes again after a success")
    func shortest() {
        var backoff = Backoff()
        #expect(backoff.next(random: 0) == Backoff.shortest)
        for _ in 0..<8 { _ = backoff.next(random: 0.9) }
        backoff.reset()
        #expect(backoff.next(random: 0.999) < .milliseconds(601))
    }
}

@Suite struct SilenceTimerTests {
    @Test("a short wait behind a long one is not looked at late")
    func shorter() {
        let timer = SilenceTimer(limit: .seconds(3))
        let now = ContinuousClock.now
        timer.startWaiting(atMost: .seconds(60))
        #expect(timer.nextLook(now: now) == now + .seconds(3))
        timer.startWaiting()
        #expect(timer.nextLook(now: now + .seconds(3_600)) == nil)
        #expect(timer.isOver)
    }

    @Test("a wait that nothing ends is a silence")
    func over() async {
        let timer = SilenceTimer(limit: .seconds(3_600))
        timer.startWaiting(atMost: .zero)
        #expect(await timer.watch())
        #expect(timer.isOver)
    }

    @Test("while nobody waits, or the wait is short, there is none")
    func heard() async {
        let timer = SilenceTimer(limit: .seconds(3_600))
        timer.startWaiting(atMost: .zero)
        timer.stopWaiting()
        let watching = Task { await timer.watch() }
        watching.cancel()
        #expect(await watching.value == false)
        timer.startWaiting()
        let again = Task { await timer.watch() }
        again.cancel()
        #expect(await again.value == false)
        #expect(!timer.isOver)
    }
}

@Suite struct ClosingSignalTests {
    @Test("a pause ends when the client is closed, and none begins afterwards")
    func closed() async {
        let signal = ClosingSignal()
        #expect(await signal.pause(.zero))
        let pausing = Task { await signal.pause(.seconds(3_600)) }
        signal.close()
        #expect(await pausing.value == false)
        #expect(await signal.pause(.zero) == false)
    }

    @Test("a pause ends with its task")
    func cancelled() async {
        let signal = ClosingSignal()
        let pausing = Task { await signal.pause(.seconds(3_600)) }
        pausing.cancel()
        #expect(await pausing.value == false)
        #expect(!signal.isClosed)
    }
}

@Suite struct InvalidationsStateMachineTests {
    private static let lost = CacheError(.unavailable, "the connection was lost")

    private func live() -> Invalidations.StateMachine {
        var machine = Invalidations.StateMachine(since: [])
        machine.received(WatchMessage(resumeToken: [1], .subscribed(resumed: false)))
        return machine
    }

    @Test("it keeps the last position, and tells one loss once")
    func loss() {
        var machine = live()
        machine.received(WatchMessage(resumeToken: [2], .changes([])))
        machine.received(WatchMessage(resumeToken: [], .progress))
        #expect(machine.token == [2] && !machine.isLost)
        #expect(
            machine.ended(Self.lost, random: 0)
                == .retry(after: Backoff.shortest, telling: Self.lost))
        #expect(machine.isLost)
        #expect(
            machine.ended(Self.lost, random: 0) == .retry(after: Backoff.shortest, telling: nil))
        machine.received(WatchMessage(resumeToken: [3], .subscribed(resumed: true)))
        #expect(!machine.isLost)
        #expect(
            machine.ended(Self.lost, random: 0)
                == .retry(after: Backoff.shortest, telling: Self.lost))
    }

    @Test("a server that drains is left without another word")
    func draining() {
        var machine = live()
        machine.received(WatchMessage(resumeToken: [3], .draining))
        #expect(
            machine.ended(Self.lost, random: 0) == .retry(after: Backoff.shortest, telling: nil))
    }

    @Test("what another attempt cannot mend ends it, at once or later")
    func finalErrors() {
        let refused = CacheError(.invalidArgument, "resume_token: malformed")
        var fresh = Invalidations.StateMachine(since: [1])
        #expect(fresh.ended(refused, random: 0) == .giveUp(refused))
        var machine = live()
        #expect(machine.ended(refused, random: 0) == .giveUp(refused))
        let full = CacheError(.resourceExhausted, "too many watchers")
        #expect(machine.ended(full, random: 0) != .giveUp(full))
    }

    @Test("pauses grow while nothing comes and are short again after a subscription")
    func pauses() {
        var machine = live()
        var pauses: [Duration] = []
        for _ in 0..<6 {
            guard case .retry(let pause, _) = machine.ended(Self.lost, random: 0.99) else {
                continue
            }
            pauses.append(pause)
        }
        #expect(pauses.count == 6 && pauses == pauses.sorted() && pauses[5] > .seconds(9))
        machine.received(WatchMessage(resumeToken: [2], .subscribed(resumed: true)))
        #expect(
            machine.ended(Self.lost, random: 0)
                == .retry(after: Backoff.shortest, telling: Self.lost))
    }

    @Test("only the last change of a message has its position")
    func positions() {
        let change = Invalidations.Change(target: .key("k"), kind: .set, version: 1)
        let events = WatchMessage(resumeToken: [9], .changes([change, change])).events
        #expect(events.map(\.position?.bytes) == [nil, [9]])
        #expect(WatchMessage(resumeToken: [9], .unknown).events.isEmpty)
    }
}
