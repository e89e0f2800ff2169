// How often a peer may do what costs more than it helps; a plain value, the time passed in.

import NIOCore

/// Judges a peer by the frames it sends, once for each read.
struct FrameRates {
    /// Frames without a request that each HEADERS or DATA frame sent entitles the peer to:
    /// a PING to measure the round trip, and a WINDOW_UPDATE for stream and connection.
    private static let creditPerFrameSent = 12

    private var resets: RateLimit
    private var streamErrors: RateLimit
    private var control: RateLimit

    init(_ limits: ServerLimits) {
        resets = RateLimit(perSecond: limits.resetsPerSecond)
        streamErrors = RateLimit(perSecond: limits.streamErrorsPerSecond)
        control = RateLimit(perSecond: limits.controlFramesPerSecond)
    }

    /// The limit that these frames went over, if any.
    mutating func judge(_ counts: FrameCounts, now: NIODeadline) -> ConnectionRejection? {
        if !resets.take(counts.resets, now: now) { return .tooManyResets }
        if !streamErrors.take(counts.streamErrors, now: now) { return .tooManyStreamErrors }
        let credit = counts.sent * Self.creditPerFrameSent
        return control.take(counts.control, credit: credit, now: now) ? nil : .controlFlood
    }
}
