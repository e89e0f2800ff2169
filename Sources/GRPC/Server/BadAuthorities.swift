// Requests that name their server twice, which nghttp2 resets unanswered; event loop only.

import NIOCore

/// The streams whose `:authority` or `host` was refused (gRFC A41): HTTP's 400 goes out before
/// nghttp2's RST_STREAM, which by then has closed the stream for any answer through nghttp2.
struct BadAuthorities {
    /// `:status: 400` has a place of its own in HPACK's static table (RFC 7541 appendix A).
    private static let indexedStatus400: UInt8 = 0x80 | 12
    private static let names = [Array("name: [:authority]".utf8), Array("name: [host]".utf8)]

    private var streams: [Int32] = []

    /// Takes note of the stream if nghttp2's sentence about an invalid field is about these.
    mutating func note(_ sentence: UnsafeRawBufferPointer, stream: Int32) {
        let isOne = Self.names.contains { name in
            sentence.indices.contains { sentence[$0...].starts(with: name) }
        }
        if isOne { streams.append(stream) }
    }

    /// Appends the answers that are due, each a HEADERS frame that leaves the stream open for
    /// the RST_STREAM behind it.
    mutating func answer(into out: inout ByteBuffer) {
        if streams.isEmpty { return }
        for stream in streams {
            out.writeBytes([0, 0, 1, 1, 4])
            out.writeInteger(stream)
            out.writeInteger(Self.indexedStatus400)
        }
        streams = []
    }
}
