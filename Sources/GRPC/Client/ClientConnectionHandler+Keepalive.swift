// The pings that find out whether the server is still there; event loop only.

import NIOCore

extension ClientConnectionHandler {
    /// Marks our pings.
    private static let keepalivePing: UInt64 = 0x6b65_6570_616c_0001

    func startKeepalive(_ loop: any EventLoop) {
        guard let policy = setup.keepalive else { return }
        keepalive = ClientKeepalive(policy, now: loop.now)
        if let action = keepalive?.started() { act(action, loop) }
    }

    func keepaliveCallOpened(_ loop: any EventLoop) {
        if let action = keepalive?.callOpened(now: loop.now) { act(action, loop) }
    }

    private func keepaliveTimerFired(_ loop: any EventLoop) {
        let open = calls.count + queue.count
        if let action = keepalive?.timerFired(now: loop.now, openCalls: open) {
            act(action, loop)
        }
    }

    private func act(_ action: ClientKeepalive.Action, _ loop: any EventLoop) {
        switch action {
        case .none: return
        case .wait(let delay): setTimer(delay, loop)
        case .ping(let timeout):
            session.ping(Self.keepalivePing)
            scheduleFlush()
            setTimer(timeout, loop)
        case .close:
            close(GRPCStatus(.unavailable, "the server does not answer a keepalive ping"))
        }
    }

    private func setTimer(_ delay: TimeAmount, _ loop: any EventLoop) {
        keepaliveTimer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: loop)
        keepaliveTimer = loop.scheduleTask(in: delay) { bound.value.keepaliveTimerFired(loop) }
    }
}
