// When a silent server is pinged and given up, and how many frames it may send; no clock.

import NIOCore
import Testing

@testable import GRPC

@Suite struct ClientKeepaliveTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func keepalive(withoutCalls: Bool = false) -> ClientKeepalive {
        let policy = KeepalivePolicy(
            time: .seconds(30), timeout: .seconds(20), withoutCalls: withoutCalls)
        return ClientKeepalive(policy, now: start)
    }

    @Test("nothing happens while no call is open")
    func dormant() {
        var keepalive = keepalive()
        #expect(keepalive.started() == .none)
        #expect(keepalive.timerFired(now: start + .seconds(99), openCalls: 0) == .none)
    }

    @Test("a ping follows when nothing has come for the whole time with a call open")
    func ping() {
        var keepalive = keepalive()
        #expect(keepalive.callOpened(now: start + .seconds(10)) == .wait(.seconds(20)))
        #expect(keepalive.callOpened(now: start + .seconds(11)) == .none)
        keepalive.read(now: start + .seconds(25))
        #expect(
            keepalive.timerFired(now: start + .seconds(30), openCalls: 1) == .wait(.seconds(25)))
        #expect(
            keepalive.timerFired(now: start + .seconds(55), openCalls: 1) == .ping(.seconds(20)))
    }

    @Test("no answer within the timeout ends the connection")
    func dead() {
        var keepalive = keepalive()
        _ = keepalive.callOpened(now: start)
        _ = keepalive.timerFired(now: start + .seconds(30), openCalls: 1)
        #expect(keepalive.timerFired(now: start + .seconds(50), openCalls: 1) == .close)
    }

    @Test("anything that comes is an answer")
    func answered() {
        var keepalive = keepalive()
        _ = keepalive.callOpened(now: start)
        _ = keepalive.timerFired(now: start + .seconds(30), openCalls: 1)
        keepalive.read(now: start + .seconds(49))
        #expect(
            keepalive.timerFired(now: start + .seconds(50), openCalls: 1) == .wait(.seconds(29)))
    }

    @Test("it goes to sleep with the last call and asks with the next, if it slept for long")
    func sleeps() {
        var keepalive = keepalive()
        _ = keepalive.callOpened(now: start)
        #expect(keepalive.timerFired(now: start + .seconds(30), openCalls: 0) == .none)
        #expect(keepalive.callOpened(now: start + .seconds(90)) == .ping(.seconds(20)))
    }

    @Test("without calls it pings all the same, where that is asked")
    func withoutCalls() {
        var keepalive = keepalive(withoutCalls: true)
        #expect(keepalive.started() == .wait(.seconds(30)))
        #expect(
            keepalive.timerFired(now: start + .seconds(30), openCalls: 0) == .ping(.seconds(20)))
        #expect(keepalive.timerFired(now: start + .seconds(50), openCalls: 0) == .close)
    }

    @Test("a policy has a least time, and too many pings double it up to two hours")
    func policy() {
        var policy = KeepalivePolicy(time: .seconds(1))
        #expect(policy.time == .seconds(10))
        policy.slowDown()
        #expect(policy.time == .seconds(20))
        for _ in 0..<20 { policy.slowDown() }
        #expect(policy.time == .seconds(7_200))
        policy.time = .seconds(10_000)
        policy.slowDown()
        #expect(policy.time == .seconds(10_000))
    }

    @Test("a burst of frames passes, a flood does not, and time forgives")
    func flood() {
        var flood = FrameFloodGuard(now: start)
        #expect(flood.admits(20_000, now: start) == true)
        #expect(flood.admits(1, now: start) == false)
        #expect(flood.admits(19_999, now: start + .seconds(2)) == true)
        for second in 3..<100 {
            #expect(flood.admits(20_000, now: start + .seconds(Int64(second))) == true)
        }
        #expect(flood.admits(20_001, now: start + .seconds(9_999)) == false)
    }
}
