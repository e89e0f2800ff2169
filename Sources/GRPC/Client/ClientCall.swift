// One call of the client half between nghttp2's callbacks and its stream; event loop only.

import NIOCore

/// What the connection keeps of a call. nghttp2 holds it, unretained, as the stream's user
/// data; the connection's table retains it for as long as nghttp2 knows the stream.
final class ClientCall {
    /// Unsent bytes above which a sender waits.
    static let outboundBytes = 64 << 10

    let stream: ClientStream
    /// 0 while the call waits to be opened.
    var id: Int32 = 0
    /// Whether its HEADERS have left nghttp2.
    var isOnWire = false
    /// Whether its caller has been told how it ended.
    var isDone = false
    var reader = MessageReader()
    var outbound = OutboundQueue(highBytes: ClientCall.outboundBytes)
    var isSendingEnded = false
    var isDeferred = false
    /// Whether messages are packed where that makes them smaller.
    var compressesMessages = false
    /// Bytes read and not yet returned to the stream's window.
    var unconsumedBytes = 0
    var deadlineTimer: Scheduled<Void>?
    /// Whoever wants to know when a waiting call is opened.
    var opened: EventLoopPromise<Void>?
    /// Senders that wait for the queue to drain.
    var waitingSenders: [EventLoopPromise<Void>] = []
    /// Why we ended the call ourselves, where we did.
    var localStatus: GRPCStatus?

    private var httpStatus = 0
    private var isGRPC = false
    private var grpcStatus: GRPCStatus?
    private var headerBytes = 0
    private var isFirstBlock = true
    private var hasAnswer = false
    private(set) var headers = Metadata()
    private(set) var trailers = Metadata()

    init(stream: ClientStream) { self.stream = stream }

    /// Takes one field of a header block; what is beyond the limit is dropped.
    func header(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        let bytes = name.count + value.count + 32
        let name = String(decoding: name, as: UTF8.self)
        switch name {
        case ":status": httpStatus = Int(String(decoding: value, as: UTF8.self)) ?? 0
        case "content-type": isGRPC = value.starts(with: "application/grpc".utf8)
        case "grpc-status":
            let code = Int(String(decoding: value, as: UTF8.self)).flatMap(StatusCode.init)
            status { $0.code = code ?? .unknown }
        case "grpc-encoding":
            if let encoding = MessageEncoding(value.trimmed) {
                reader.encoding = encoding
            } else {
                let sentence = "the server answered in an encoding that was not offered"
                reader.refuse(GRPCStatus(.internal, sentence))
            }
        case "grpc-message": status { $0.message = PercentEncoding.decode(value) }
        case "grpc-status-details-bin": status { $0.details = Base64.decode(value) ?? [] }
        default:
            headerBytes += bytes
            if headerBytes > Metadata.maxBytes * 2 { return }
            if isFirstBlock {
                _ = headers.addWire(name: name, value: value)
            } else {
                _ = trailers.addWire(name: name, value: value)
            }
        }
    }

    /// The end of a header block; false when it was an interim one (1xx), which says nothing.
    func headerBlockEnded() -> Bool {
        if (100..<200).contains(httpStatus), isFirstBlock {
            httpStatus = 0
            headers = Metadata()
            return false
        }
        isFirstBlock = false
        hasAnswer = true
        return true
    }

    /// Whether the call may be tried again, once its stream is closed.
    func retrySafety(closeCode: UInt32) -> RetrySafety {
        if !isOnWire { return .unsent }
        // nghttp2 closes streams above the last one of a GOAWAY with this code, too.
        let isRefused = closeCode == HTTP2ErrorCode.refusedStream.rawValue
        return isRefused && !hasAnswer ? .unprocessed : .none
    }

    /// The next message as it came; what is packed may be unpacked to `limit` bytes.
    func nextMessage(limit: Int) -> IncomingMessage? {
        guard let message = reader.next() else { return nil }
        let bytes = Array(message)
        return reader.isCompressed ? .packed(bytes, limitBytes: limit) : .plain(bytes)
    }

    /// What is queued for a message of ours.
    func encoded(_ message: FramedMessage, _ codec: GzipCodec) -> FramedMessage {
        guard compressesMessages else { return message }
        return message.withMessage { plain in
            codec.withDeflated(plain) { packed in
                packed.map { FramedMessage(compressed: $0) } ?? message
            }
        }
    }

    private func status(_ change: (inout GRPCStatus) -> Void) {
        var status = grpcStatus ?? GRPCStatus(.unknown)
        change(&status)
        grpcStatus = status
    }

    /// How the call ended, from all that is known once its stream is closed.
    func finalStatus(closeCode: UInt32) -> GRPCStatus {
        if let localStatus { return localStatus }
        if let grpcStatus {
            if grpcStatus.code == .ok, reader.bufferedBytes > 0 {
                return GRPCStatus(.internal, "the last message is cut short")
            }
            return grpcStatus
        }
        if let violation = reader.violation { return violation }
        if !isOnWire { return GRPCStatus(.unavailable, "the connection takes no more calls") }
        if httpStatus != 0, httpStatus != 200 || !isGRPC {
            return GRPCStatus(
                StatusCode(httpStatus: httpStatus),
                "the server answered HTTP \(httpStatus) and no gRPC status")
        }
        if closeCode != 0 {
            return GRPCStatus(
                StatusCode(http2Error: closeCode), "the server reset the stream (\(closeCode))")
        }
        return GRPCStatus(.unknown, "the server ended the call without a status")
    }

    func failSenders(_ status: GRPCStatus) {
        let waiting = waitingSenders
        waitingSenders = []
        for promise in waiting {
            // OK means that the answer is there, and did not need the rest.
            if status.code == .ok { promise.succeed() } else { promise.fail(status) }
        }
    }
}
