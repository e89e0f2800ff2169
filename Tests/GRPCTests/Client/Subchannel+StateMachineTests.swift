// Every event in every state of an address; no clock, no network.

import NIOCore
import Testing

@testable import GRPC

@Suite struct SubchannelStateMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func machine() -> SubchannelStateMachine {
        SubchannelStateMachine(backoff: BackoffPolicy(), connectTimeout: .seconds(20))
    }

    /// A machine in each state: the attempt began at `start`, with a wait of one second.
    private func machine(in state: SubchannelStateMachine.State) -> SubchannelStateMachine {
        var machine = machine()
        if state == .idle { return machine }
        _ = machine.connect(now: start, random: 0.5)
        switch state {
        case .idle, .connecting: break
        case .ready: machine.greeted()
        case .transientFailure: _ = machine.attemptFailed(now: start)
        case .pausing:
            machine.greeted()
            _ = machine.connectionLost(now: start, random: 0.5)
        case .shutdown: machine.shutDown()
        }
        #expect(machine.state == state)
        return machine
    }

    private static let states: [SubchannelStateMachine.State] = [
        .idle, .connecting, .ready, .transientFailure, .pausing, .shutdown,
    ]

    @Test("only an idle address is told to connect", arguments: states)
    func connect(state: SubchannelStateMachine.State) {
        var machine = machine(in: state)
        let action = machine.connect(now: start, random: 0.5)
        #expect(action == (state == .idle ? .connect(timeout: .seconds(20)) : .none))
        #expect(machine.state == (state == .idle ? .connecting : state))
    }

    @Test("only an attempt can succeed", arguments: states)
    func greeted(state: SubchannelStateMachine.State) {
        var machine = machine(in: state)
        machine.greeted()
        #expect(machine.state == (state == .connecting ? .ready : state))
    }

    @Test("only an attempt can fail, and then waits", arguments: states)
    func failed(state: SubchannelStateMachine.State) {
        var machine = machine(in: state)
        let action = machine.attemptFailed(now: start + .milliseconds(300))
        #expect(action == (state == .connecting ? .wait(.milliseconds(700)) : .none))
        #expect(machine.state == (state == .connecting ? .transientFailure : state))
    }

    @Test("only a connection can be lost, and is made again at once", arguments: states)
    func lost(state: SubchannelStateMachine.State) {
        var machine = machine(in: state)
        let action = machine.connectionLost(now: start + .seconds(1), random: 0.5)
        #expect(action == (state == .ready ? .connect(timeout: .seconds(20)) : .none))
        #expect(machine.state == (state == .ready ? .connecting : state))
    }

    @Test("the timer matters to those who wait for it", arguments: states)
    func timer(state: SubchannelStateMachine.State) {
        var machine = machine(in: state)
        let waits = state == .transientFailure || state == .pausing
        let action = machine.timerFired(now: start + .seconds(1), random: 0.5)
        #expect(action == (waits ? .connect(timeout: .seconds(20)) : .none))
        #expect(machine.state == (waits ? .connecting : state))
    }

    @Test("what is shut down stays so", arguments: states)
    func shutDown(state: SubchannelStateMachine.State) {
        var machine = machine(in: state)
        machine.shutDown()
        #expect(machine.state == .shutdown)
    }

    @Test("waits grow with each failure and count from the start of the attempt")
    func growingWaits() {
        var machine = machine()
        var now = start
        var expected = 1.0
        _ = machine.connect(now: now, random: 0.5)
        for failures in 1...20 {
            #expect(machine.attemptFailed(now: now) == .wait(TimeAmount(.seconds(expected))))
            #expect(machine.failures == failures && machine.isFailing)
            now = now + TimeAmount(.seconds(expected))
            expected = min(expected * 1.6, 120)
            // The longer the wait, the longer an attempt may take.
            let timeout = max(TimeAmount(.seconds(expected)), .seconds(20))
            #expect(machine.timerFired(now: now, random: 0.5) == .connect(timeout: timeout))
        }
    }

    @Test("an attempt that took longer than its wait is followed at once by the next")
    func slowFailure() {
        var machine = machine(in: .connecting)
        #expect(machine.attemptFailed(now: start + .seconds(20)) == .wait(.zero))
    }

    @Test("a greeting resets the back-off, and calls hope again")
    func reset() {
        var machine = machine(in: .connecting)
        for _ in 0..<5 {
            _ = machine.attemptFailed(now: start)
            _ = machine.timerFired(now: start, random: 0.5)
        }
        #expect(machine.isFailing)
        machine.greeted()
        #expect(machine.failures == 0 && !machine.isFailing)
        _ = machine.connectionLost(now: start + .seconds(100), random: 0.5)
        #expect(!machine.isFailing)
        #expect(machine.attemptFailed(now: start + .seconds(100)) == .wait(.seconds(1)))
    }

    @Test("a server that greets and hangs up is not connected to in a tight loop")
    func greetAndHangUp() {
        var machine = machine(in: .ready)
        #expect(
            machine.connectionLost(now: start + .milliseconds(1), random: 0.5)
                == .wait(.milliseconds(999)))
        #expect(machine.state == .pausing && !machine.isFailing)
    }
}
