// When names are looked up; no clock, no network.

import NIOCore
import Testing

@testable import GRPC

@Suite struct ResolutionStateMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("the first request looks up at once, others during it do nothing")
    func first() {
        var machine = ResolutionStateMachine(backoff: BackoffPolicy())
        #expect(machine.request(now: start) == .resolve)
        #expect(machine.request(now: start) == .none)
        #expect(machine.timerFired(now: start) == .none)
    }

    @Test("a name that resolves is looked up at most every thirty seconds")
    func paced() {
        var machine = ResolutionStateMachine(backoff: BackoffPolicy())
        _ = machine.request(now: start)
        machine.succeeded()
        #expect(machine.request(now: start + .seconds(10)) == .wait(.seconds(20)))
        #expect(machine.request(now: start + .seconds(11)) == .none)
        #expect(machine.timerFired(now: start + .seconds(30)) == .resolve)
        machine.succeeded()
        #expect(machine.timerFired(now: start + .seconds(40)) == .none)
        #expect(machine.request(now: start + .seconds(60)) == .resolve)
    }

    @Test("failures are followed by growing waits until one look-up goes well")
    func failures() {
        var machine = ResolutionStateMachine(backoff: BackoffPolicy())
        #expect(machine.failed(random: 0.5) == .none)
        _ = machine.request(now: start)
        #expect(machine.failed(random: 0.5) == .wait(.seconds(1)))
        #expect(machine.request(now: start) == .none)
        #expect(machine.timerFired(now: start) == .resolve)
        #expect(machine.failed(random: 0.5) == .wait(.milliseconds(1_600)))
        #expect(machine.timerFired(now: start) == .resolve)
        machine.succeeded()
        #expect(machine.request(now: start + .seconds(30)) == .resolve)
        #expect(machine.failed(random: 0.5) == .wait(.seconds(1)))
    }
}
