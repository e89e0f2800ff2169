// What became of the peer's stream numbers, where nghttp2 forgets it; event loop only.

/// Tells the streams on which the peer may send nothing more (RFC 9113 section 5.1). nghttp2
/// forgets a stream as soon as it is closed, and ignores whatever comes for it then: what was on
/// its way when we closed it, but also what no peer may send. The latter ends the connection.
struct StreamHistory {
    /// The highest number the peer has used.
    private var highest: Int32 = -1
    /// The numbers that its last leap left out: they are closed without having been open.
    private var skipped: ClosedRange<Int32> = -1 ... -1
    /// The last streams that the peer itself has ended, in no order.
    private var finished = SIMD8<Int32>(repeating: -1)
    private var highestFinished: Int32 = -1
    private var next = 0

    /// HEADERS begin on a stream: what is wrong about that, as far as it is known.
    mutating func headersBegan(_ stream: Int32) -> HTTP2ErrorCode? {
        guard stream > highest else { return violation(stream) }
        if stream - 2 > highest { skipped = (highest + 1)...(stream - 1) }
        highest = stream
        return nil
    }

    /// The peer has sent END_STREAM or RST_STREAM.
    mutating func peerFinished(_ stream: Int32) {
        finished[next] = stream
        highestFinished = max(highestFinished, stream)
        next = (next + 1) % finished.scalarCount
    }

    /// What is wrong about HEADERS or DATA on a stream that was used before.
    func violation(_ stream: Int32) -> HTTP2ErrorCode? {
        // Most streams are younger than all that was ever wrong.
        if stream > highestFinished, stream > skipped.upperBound { return nil }
        if any(finished .== stream) { return .streamClosed }
        return stream > 0 && skipped.contains(stream) ? .protocolError : nil
    }
}
