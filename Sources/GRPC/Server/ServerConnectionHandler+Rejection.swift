// How a connection ends against its peer's will; event loop only.

import CNghttp2
import NIOCore

extension ServerConnectionHandler {
    /// Ends the connection against its peer's will: counts it, tells the peer why in a GOAWAY,
    /// ends its calls and closes. Only the first call has an effect.
    func reject(_ reason: ConnectionRejection, error: HTTP2ErrorCode) {
        guard rejection == nil, isOpen else { return }
        rejection = (reason, error)
        loop.shared.countRejection(reason, peer: peerAddress)
        // In the midst of a flush its end does the rest.
        if !isBusy { cutOff() }
    }

    /// Rejects a peer whose bytes nghttp2 refused to read on.
    func reject(_ failure: HTTP2Failure) {
        switch nghttp2_error(rawValue: failure.code) {
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
            reject(.notHTTP2, error: .protocolError)
        case NGHTTP2_ERR_FLOODED:
            reject(.controlFlood, error: .enhanceYourCalm)
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
            reject(.headersTooLarge, error: .enhanceYourCalm)
        case NGHTTP2_ERR_CALLBACK_FAILURE where recorder.pointee.areHeadersTooLarge:
            reject(.headersTooLarge, error: .enhanceYourCalm)
        case NGHTTP2_ERR_NOMEM, NGHTTP2_ERR_CALLBACK_FAILURE:
            reject(.internalError, error: .internalError)
        default:
            reject(.protocolError, error: .protocolError)
        }
    }

    /// Rejects a peer to whom nghttp2 has said GOAWAY by itself, or has to.
    func rejectAfterGoAway() {
        guard let code = recorder.pointee.goAwayError else { return }
        switch HTTP2ErrorCode(rawValue: code) {
        case .enhanceYourCalm: reject(.controlFlood, error: .enhanceYourCalm)
        case .internalError: reject(.internalError, error: .internalError)
        case let error: reject(.protocolError, error: error ?? .protocolError)
        }
    }

    /// Frames that may wait for a peer that reads little, beside those of its open calls: nghttp2
    /// keeps what was said on a stream, and its memory, until it is pulled, also after a reset.
    private static let waitingFrames = 10_000

    /// Rejects a peer that sends too much of what helps nobody.
    func judgeFrames() {
        guard recorder.pointee.frames.isNotable else { return }
        let most = Self.waitingFrames + 4 * Int(loop.shared.limits.concurrentStreams)
        if session.waitingFrames > most {
            return reject(.controlFlood, error: .enhanceYourCalm)
        }
        var counts = recorder.pointee.frames
        recorder.pointee.frames = FrameCounts()
        // What comes for new streams after the GOAWAY of a drain was sent in good faith.
        if case .goAwaySent = drainState { counts.streamErrors = 0 }
        if let reason = frameRates.judge(counts, now: recorder.pointee.now) {
            reject(reason, error: .enhanceYourCalm)
        }
    }
}
