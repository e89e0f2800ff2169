// Counts a peer's frames by what they may mean; plain increments, event loop only.

import CNghttp2

/// Frames since they were last judged by `FrameRates`.
struct FrameCounts {
    /// What a frame costs that has to be answered, in frames that need not be.
    private static let answeredWeight = 10

    /// RST_STREAM frames received.
    var resets = 0
    /// Errors of streams that the peer provoked: RST_STREAM frames sent because of it, and
    /// header blocks that belong to no stream.
    var streamErrors = 0
    /// Received frames that carry no request: each PING and SETTINGS counts as ten.
    var control = 0
    /// HEADERS and DATA frames sent: what honest peers answer by WINDOW_UPDATE and PING.
    var sent = 0

    /// Whether the peer has sent anything that is to be judged.
    var isNotable: Bool { control | resets | streamErrors != 0 }

    mutating func began(_ frame: FrameHead) {
        switch UInt32(frame.type) {
        case NGHTTP2_DATA.rawValue:
            let isPadded = frame.flags & UInt8(NGHTTP2_FLAG_PADDED.rawValue) != 0
            if !frame.endsStream, frame.length == 0 || isPadded { control += 1 }
        case NGHTTP2_HEADERS.rawValue:
            streamErrors += 1  // taken back when it turns out to belong to a stream
        case NGHTTP2_RST_STREAM.rawValue:
            resets += 1
        case NGHTTP2_PING.rawValue, NGHTTP2_SETTINGS.rawValue:
            control += Self.answeredWeight
        default:
            control += 1
        }
    }

    /// The header block that began belongs to a stream.
    mutating func headersHaveStream() { streamErrors -= 1 }

    mutating func resetSent(_ code: UInt32) {
        switch HTTP2ErrorCode(rawValue: code) {
        case .noError, .cancel, .refusedStream, .enhanceYourCalm: return  // our own decisions
        default: streamErrors += 1
        }
    }
}
