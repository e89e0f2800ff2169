// What a connection does about the time, when its event loop looks at it; event loop only.

import CNghttp2
import NIOCore

extension ServerConnectionHandler {
    /// Marks the ping that asks whether the peer is still there.
    private static let keepalivePing: UInt64 = 0x6B65_6570_0000_0001

    /// Looks at the clock, about once a second; with `sweeping`, at every open call too.
    func look(at now: NIODeadline, sweeping: Bool) {
        guard isOpen, !isClosing else { return }
        switch times.look(sight(), now: now, spans: loop.spans) {
        case .reject(let reason):
            reject(reason, error: reason == .stalled ? .enhanceYourCalm : .settingsTimeout)
        case .ping:
            session.ping(Self.keepalivePing)
            flush()
        case .abandon:
            loop.shared.countRejection(.keepaliveTimeout, peer: peerAddress)
            closeHard()
        case .drain(.idleness):
            drain(grace: nil)
        case .drain(.age):
            drain(grace: loop.shared.limits.connectionMaxAgeGrace)
        case .close:
            cutShort()
        case nil:
            if sweeping, !times.isStill { endStillCalls(now) }
        }
    }

    private func sight() -> ConnectionTimes.Sight {
        if backlog.mayHold(written: writtenBytes) {
            backlog.look(written: writtenBytes, held: heldByChannel)
        }
        return ConnectionTimes.Sight(
            lastRead: recorder.pointee.now,
            hasSettings: recorder.pointee.hasSettings,
            isAcknowledged: recorder.pointee.isAcknowledged,
            openStreams: recorder.pointee.openCount,
            lastStream: nghttp2_session_get_last_proc_stream_id(session.pointer),
            owes: (recorder.pointee.unsentBytes > 0 && session.isWindowClosed) || !backlog.isEmpty,
            progress: recorder.pointee.answerBytes &+ backlog.progress)
    }

    // MARK: - Single calls that stand still

    /// Ends the calls of which nothing has moved for the stall timeout, while others do: requests
    /// that do not go on, and answers that are not taken.
    private func endStillCalls(_ now: NIODeadline) {
        var still: [Stream] = []
        var stream = recorder.pointee.open
        while let current = stream {
            stream = current.pointee.next
            if !current.pointee.owesProgress {
                current.pointee.stillSince = nil
            } else if let since = current.pointee.stillSince {
                if now - since >= loop.spans.stall { still.append(current) }
            } else {
                current.pointee.stillSince = now
            }
        }
        // Nothing below frees a stream: that is done when its closing is handled.
        for stream in still {
            stream.pointee.stillSince = nil
            if stream.pointee.unsentBytes > 0 {
                session.reset(stream: stream.pointee.id, error: .enhanceYourCalm)
            } else {
                finish(stream, stalledRequest, trailers: Metadata())
            }
        }
        if !still.isEmpty { flush() }
    }

    private var stalledRequest: GRPCStatus {
        .refused(
            .deadlineExceeded, reason: "REQUEST_STALLED", field: "",
            "the request did not go on for \(loop.shared.limits.stallTimeout)")
    }
}

extension ServerStream {
    /// Whether it is the peer's turn to send or to read.
    fileprivate var owesProgress: Bool {
        if unsentBytes > 0 { return true }
        guard isAnswerable, flags.isDisjoint(with: [.remoteEnded, .paused]) else { return false }
        // Between two messages of a stream of them there may be hours; within one, not.
        if case .stream(clientStreaming: true, _) = handler {
            return reader.bufferedBytes > 0 && !reader.hasMessage
        }
        return true
    }
}
