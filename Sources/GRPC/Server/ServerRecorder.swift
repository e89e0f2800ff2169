// What nghttp2's callbacks write down for the connection handler to act on; event loop only.

import CNghttp2
import NIOCore

/// Lives behind a pointer that nghttp2 hands to every callback of one server session.
struct ServerRecorder: ~Copyable {
    enum Event {
        /// The header block is complete, and is refused or belongs to a stream that must
        /// hear of it before its messages.
        case opened(UnsafeMutablePointer<ServerStream>)
        /// Message bytes came, and more may follow.
        case dataReceived(UnsafeMutablePointer<ServerStream>)
        /// The peer has sent everything.
        case ended(UnsafeMutablePointer<ServerStream>)
        /// The buffered part of an answer has gone below its low mark.
        case drained(UnsafeMutablePointer<ServerStream>)
        /// Our end was sent before the peer's.
        case answeredEarly(UnsafeMutablePointer<ServerStream>)
        /// nghttp2 has forgotten the stream.
        case closed(UnsafeMutablePointer<ServerStream>)
        /// The peer answered a ping of ours.
        case pingAcknowledged(UInt64)
        /// The peer has pinged once too often.
        case pingedTooOften
    }

    let methods: MethodTable
    let limits: ServerLimits
    let pool: StreamPool
    var events = EventList()
    /// Message bytes received and not yet returned to the connection's window.
    var unconsumedBytes = 0
    /// Message bytes held by all streams together, as a part of a message or unread.
    var heldBytes = 0
    /// Bytes of answers that are not in frames yet, of all streams together.
    var unsentBytes = 0
    /// What has come and gone since it was last judged.
    var frames = FrameCounts()
    /// The peer's streams, where nghttp2 has forgotten them.
    var history = StreamHistory()
    /// Streams that HTTP's 400 is due on.
    var badAuthorities = BadAuthorities()
    /// The error of the GOAWAY that was sent or is due, if one is.
    var goAwayError: UInt32?
    /// Streams that nghttp2 has not closed.
    var liveCount = 0
    /// Handlers of closed streams that have not ended: each keeps its stream's place.
    var orphanedCalls = 0
    /// Bytes of the header block being read, as HTTP/2 counts them: name + value + 32.
    var headerBytes = 0
    /// Bytes unpacked and packed since the connection last let the others have their turn.
    var codedBytes = 0
    /// Streams with a message that waits for the next turn.
    var awaitingTurn: [UnsafeMutablePointer<ServerStream>] = []
    private var acceptedEncodings = AcceptedEncodings()
    /// The time of the batch being read, or of the last one.
    var now = NIODeadline.uptimeNanoseconds(0)
    /// Whether the peer has sent its preface and SETTINGS, and acknowledged ours.
    var hasSettings = false
    var isAcknowledged = false
    /// Bytes of answers that went into frames so far.
    var answerBytes: UInt64 = 0
    var pings: PingStrikes
    /// The head of the open streams, and how many they are.
    var open: UnsafeMutablePointer<ServerStream>?
    var openCount = 0
    /// The stream whose header block is being read.
    var headers: UnsafeMutablePointer<ServerStream>?
    /// The stream that a callback looked for last, as long as nghttp2 has it open.
    var latest: UnsafeMutablePointer<ServerStream>?

    init(methods: MethodTable, limits: ServerLimits, pool: StreamPool) {
        self.methods = methods
        self.limits = limits
        self.pool = pool
        pings = PingStrikes(interval: TimeAmount(limits.keepaliveMinPingInterval))
    }

    mutating func openStream(id: Int32) -> UnsafeMutablePointer<ServerStream> {
        let stream = pool.take(id: id)
        stream.pointee.next = open
        open?.pointee.previous = stream
        open = stream
        latest = stream
        openCount += 1
        if liveCount + orphanedCalls >= limits.concurrentStreams {
            stream.pointee.flags = [.isRefused, .answered]
        }
        liveCount += 1
        return stream
    }

    /// A frame is about to be read. False: it breaks a rule to which nghttp2 does not hold the
    /// peer, and the connection must end before it.
    mutating func isAllowed(_ frame: FrameHead) -> Bool {
        frames.began(frame)
        let error: HTTP2ErrorCode?
        switch UInt32(frame.type) {
        case NGHTTP2_DATA.rawValue:
            error = history.violation(frame.stream)
        case NGHTTP2_HEADERS.rawValue:
            error = history.headersBegan(frame.stream)
        case NGHTTP2_RST_STREAM.rawValue:
            history.peerFinished(frame.stream)
            return true
        case NGHTTP2_PRIORITY.rawValue:
            error = frame.stream == 0 ? .protocolError : nil
        case NGHTTP2_CONTINUATION.rawValue:
            error = frame.length > HTTP2Session.frameBytes ? .frameSizeError : nil
        default:
            return true
        }
        if frame.endsStream { history.peerFinished(frame.stream) }
        if let error { goAwayError = error.rawValue }
        return error == nil
    }

    /// nghttp2 has closed a stream.
    mutating func streamClosed(_ stream: UnsafeMutablePointer<ServerStream>, _ code: UInt32) {
        liveCount -= 1
        latest = nil
        stream.pointee.flags.insert(.closed)
        stream.pointee.closeCode = code
        events.append(.closed(stream))
    }

    /// Frees a stream that nghttp2 has closed and whose events are all handled.
    mutating func release(_ stream: UnsafeMutablePointer<ServerStream>) {
        let (previous, next) = (stream.pointee.previous, stream.pointee.next)
        if let previous { previous.pointee.next = next } else { open = next }
        next?.pointee.previous = previous
        openCount -= 1
        if latest == stream { latest = nil }
        if stream.pointee.flags.contains(.awaitsTurn) { awaitingTurn.removeAll { $0 == stream } }
        pool.give(stream)
    }

    // MARK: - Message bytes

    /// Takes message bytes of a stream, within the limits of message and connection.
    mutating func data(
        _ bytes: UnsafeRawBufferPointer, _ stream: UnsafeMutablePointer<ServerStream>
    ) {
        stream.pointee.unconsumedBytes += bytes.count
        stream.pointee.stillSince = nil
        if stream.pointee.flags.contains(.answered) { return }
        if heldBytes + bytes.count > limits.heldBytes {
            stream.pointee.reader.refuse(
                .refused(
                    .resourceExhausted, reason: "MESSAGE_TOO_LARGE", field: "message",
                    "the connection's unfinished messages hold over \(limits.heldBytes) bytes",
                    retryDelay: .seconds(1)))
        } else {
            stream.pointee.reader.append(bytes, limit: limits.messageBytes)
        }
        countHeld(stream)
    }

    /// Brings the connection's count up to date with what the stream's reader holds.
    mutating func countHeld(_ stream: UnsafeMutablePointer<ServerStream>) {
        let held = stream.pointee.reader.bufferedBytes
        heldBytes += held - stream.pointee.heldBytes
        stream.pointee.heldBytes = held
    }

    /// Brings the connection's count up to date with what the stream's answer has unsent.
    mutating func countUnsent(_ stream: UnsafeMutablePointer<ServerStream>) {
        let queued = stream.pointee.call?.outbound.byteCount ?? 0
        let unsent = stream.pointee.reply.count - stream.pointee.replyOffset + queued
        unsentBytes += unsent - stream.pointee.unsentBytes
        stream.pointee.unsentBytes = unsent
    }

    /// Bytes of a stream's answer went into a frame.
    mutating func answerRead(_ stream: UnsafeMutablePointer<ServerStream>, _ length: Int) {
        countUnsent(stream)
        if length == 0 { return }
        answerBytes &+= UInt64(length)
        stream.pointee.stillSince = nil
    }

    /// HEADERS or DATA left, which entitles the peer to frames of its own.
    mutating func answerFrameSent() {
        frames.sent += 1
        pings.answered()
    }

    mutating func pingReceived() {
        if pings.pinged(at: now, hasCalls: openCount > 0) { events.append(.pingedTooOften) }
    }

    // MARK: - Header blocks

    /// Whether the header block being read is so far over its limit that it is an attack: it
    /// is not even decoded any further.
    var areHeadersTooLarge: Bool { headerBytes > limits.headerBytes * 8 }

    /// Takes one header field of the block being read.
    mutating func header(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        let wasTooLong = headerBytes > limits.headerBytes
        headerBytes += name.count + value.count + 32
        if wasTooLong { return }
        guard let stream = headers else { return }
        if headerBytes > limits.headerBytes {
            // What is not looked at any more must not be missed either.
            stream.pointee.flags.formUnion([.isPost, .isGRPC])
            stream.pointee.problem = GRPCStatus(
                .resourceExhausted,
                "metadata is larger than the limit of \(limits.headerBytes) bytes")
            return
        }
        guard let first = name.first else { return }
        if first == UInt8(ascii: ":") {
            pseudoHeader(name, value, stream)
        } else {
            field(name, value, stream)
        }
    }

    private func pseudoHeader(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>,
        _ stream: UnsafeMutablePointer<ServerStream>
    ) {
        if Self.equal(name, ":path") {
            stream.pointee.route = methods.find(value)
            if stream.pointee.route == nil, stream.pointee.problem == nil {
                let path = String(decoding: value.prefix(256), as: UTF8.self)
                stream.pointee.problem = GRPCStatus(
                    .unimplemented, "unknown method \(path): see the list by server reflection")
            }
        } else if Self.equal(name, ":method"), Self.equal(value, "POST") {
            stream.pointee.flags.insert(.isPost)
        }
    }

    private mutating func field(
        _ name: UnsafeBufferPointer<UInt8>, _ untrimmed: UnsafeBufferPointer<UInt8>,
        _ stream: UnsafeMutablePointer<ServerStream>
    ) {
        // nghttp2's own check for blanks around a value is off: it would reset the stream.
        let value = untrimmed.trimmed
        if Self.equal(name, "content-type") {
            if Self.isGRPCContentType(value) { stream.pointee.flags.insert(.isGRPC) }
        } else if Self.equal(name, "te") || Self.equal(name, "user-agent")
            || Self.equal(name, "accept-encoding")
        {
            return  // known, and nothing to be done
        } else if Self.equal(name, "grpc-accept-encoding") {
            if acceptedEncodings.acceptsGzip(value) { stream.pointee.flags.insert(.acceptsGzip) }
        } else if Self.equal(name, "grpc-timeout") {
            timeout(value, stream)
        } else if Self.equal(name, "grpc-encoding") {
            if let encoding = MessageEncoding(value) {
                stream.pointee.reader.encoding = encoding
            } else if stream.pointee.problem == nil {
                stream.pointee.flags.insert(.isEncodingUnknown)
                stream.pointee.problem = GRPCStatus(
                    .unimplemented, "the message encoding is not supported: send identity or gzip")
            }
        } else {
            if name.suffix(4).elementsEqual("-bin".utf8), !Self.isBase64List(value),
                stream.pointee.problem == nil
            {
                let text = String(decoding: name.prefix(256), as: UTF8.self)
                stream.pointee.problem = GRPCStatus(.internal, "metadata \(text) is not base64")
            }
            stream.pointee.metadata.append(
                UnsafeRawBufferPointer(name), UnsafeRawBufferPointer(value))
        }
    }

    private func timeout(
        _ value: UnsafeBufferPointer<UInt8>, _ stream: UnsafeMutablePointer<ServerStream>
    ) {
        if let nanoseconds = CallTimeout.parse(value) {
            stream.pointee.deadline = now + .nanoseconds(nanoseconds)
        } else if stream.pointee.problem == nil {
            stream.pointee.problem = GRPCStatus(
                .internal, "grpc-timeout must be 1 to 8 digits and one of H M S m u n")
        }
    }

    // MARK: - Comparisons

    private static func equal(_ bytes: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount, let base = bytes.baseAddress else {
            return false
        }
        let known = UnsafeRawPointer(text.utf8Start)
        var offset = 0
        while offset < bytes.count {
            if base[offset] != known.load(fromByteOffset: offset, as: UInt8.self) { return false }
            offset += 1
        }
        return true
    }

    /// `application/grpc`, or that followed by `+` or `;`.
    private static func isGRPCContentType(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        let length = 16
        guard value.count >= length,
            equal(UnsafeBufferPointer(rebasing: value[..<length]), "application/grpc")
        else { return false }
        if value.count == length { return true }
        return value[length] == UInt8(ascii: "+") || value[length] == UInt8(ascii: ";")
    }

    private static func isBase64List(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        var metadata = Metadata()
        return metadata.addWire(name: "-bin", value: value)
    }
}
