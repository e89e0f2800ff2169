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

    /// Tells handlers and peer that the connection ends; it closes once its streams are done.
    /// Without a grace they may take what they need.
    func drain(grace: Duration?) {
        guard case .serving = drainState, !isClosing else { return }
        let longest = loop.shared.limits.drainPing
        drainGrace = grace ?? longest
        // What handlers have said so far, their health above all, goes before the notice.
        flush()
        guard isOpen, !isClosing else { return }
        // Whoever has sent nothing needs no notice: whatever is on its way can be sent again.
        if !hasRead { return submitGoAway() }
        session.submitShutdownNotice()
        session.ping(Self.drainPing)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        // What the peer does not answer in a part of the grace must not cost its calls the rest.
        let patience = grace.map { min(longest, $0 / 4) } ?? longest
        let timer = loop.eventLoop.scheduleTask(in: TimeAmount(patience)) {
            bound.value.sendGoAway()
        }
        drainState = .noticeSent(timer: timer)
        for handler in openHandlers() { handler.draining(grace: grace ?? longest) }
        scheduleFlush()
    }

    func drainPingAnswered(_ opaque: UInt64) {
        if opaque == Self.drainPing { sendGoAway() }
    }

    /// Says which streams are not handled any more, once the peer has seen the notice.
    func sendGoAway() {
        guard case .noticeSent(let timer) = drainState else { return }
        timer.cancel()
        submitGoAway()
    }

    /// It leaves at once, even where the channel is full: a stream that was read after this and
    /// handled would be above the number in it, and the peer would send it a second time.
    private func submitGoAway() {
        drainState = .goAwaySent
        session.submitGoAway(.noError)
        pushControlFrames()
        flush()
        scheduleFlush()
    }

    /// Ends what has not ended by itself, with a status where one can still be sent.
    func cutShort() {
        var stream = recorder.pointee.open
        while let current = stream {
            stream = current.pointee.next
            finish(current, Self.cutShortStatus, trailers: Metadata())
        }
        sendGoAway()
        flush()
        closeWhenWritten()
    }

    private static let cutShortStatus = GRPCStatus(
        .unavailable, "the connection ended before the call was done")

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

    // MARK: - Closing

    /// How long the peer may take to close once it has been told everything.
    private static let peerCloses = TimeAmount.seconds(1)

    /// Ends our half and leaves the other to the peer, whose bytes are read and dropped for that
    /// long: to close with bytes unread would reset the connection, and the peer could lose
    /// what it has not read yet, the GOAWAY above all.
    func leaveToPeer() {
        closeOutput()
        guard isOpen else { return }
        lingerTimer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        lingerTimer = loop.eventLoop.scheduleTask(in: Self.peerCloses) { bound.value.close() }
    }
}
