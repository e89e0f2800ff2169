// How a connection ends without failing a call that could be answered; event loop only.

import NIOCore

/// The way of a connection to its end (RFC 9113 section 6.8).
enum DrainState {
    case serving
    /// The notice and a ping are out: when the ping is answered, the peer has seen the notice.
    case noticeSent(timer: Scheduled<Void>)
    /// The final GOAWAY is out; open streams go on.
    case goAwaySent
}

extension ServerConnectionHandler {
    /// Marks the ping that belongs to the shutdown notice.
    private static let drainPing: UInt64 = 0x6472_6169_6e00_0001

    /// Tells handlers and peer that the server is going away; the connection closes once its
    /// streams are done.
    func drain(grace: Duration) {
        guard case .serving = drainState else { return }
        // Whoever has sent nothing waits for nothing.
        if !hasRead { return close() }
        // What handlers have said so far, their health above all, goes before the notice.
        flush()
        guard isOpen else { return }
        session.submitShutdownNotice()
        session.ping(Self.drainPing)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let patience = TimeAmount(min(loop.shared.limits.drainPing, grace / 4))
        let timer = loop.eventLoop.scheduleTask(in: patience) {
            bound.value.sendGoAway()
        }
        drainState = .noticeSent(timer: timer)
        for handler in openHandlers() { handler.draining(grace: grace) }
        scheduleFlush()
    }

    func drainPingAnswered(_ opaque: UInt64) {
        if opaque == Self.drainPing { sendGoAway() }
    }

    /// Says which streams are not handled any more; at once, so that none is handled in between.
    func sendGoAway() {
        guard case .noticeSent(let timer) = drainState else { return }
        timer.cancel()
        drainState = .goAwaySent
        session.submitGoAway(.noError)
        flush()
        scheduleFlush()
    }

    /// A handler may finish its call when it is told, which changes the list: hence a copy.
    private func openHandlers() -> [any ServerCallHandler] {
        var handlers: [any ServerCallHandler] = []
        var stream = recorder.pointee.open
        while let current = stream {
            if let handler = current.pointee.call?.handler { handlers.append(handler) }
            stream = current.pointee.next
        }
        return handlers
    }
}
