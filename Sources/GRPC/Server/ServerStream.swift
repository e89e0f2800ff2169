// One call's state between nghttp2's callbacks and the connection handler; event loop only.

import NIOCore

/// Lives behind a pointer that nghttp2 keeps as the stream's user data: a struct there costs
/// no exclusivity checks and is used again for the next stream.
struct ServerStream: ~Copyable {
    struct Flags: OptionSet {
        let rawValue: UInt32

        /// The peer has sent its END_STREAM.
        static let remoteEnded = Flags(rawValue: 1 << 0)
        /// The answer's end is decided: nothing more is accepted from the handler.
        static let answered = Flags(rawValue: 1 << 1)
        /// The response headers were submitted.
        static let headersSent = Flags(rawValue: 1 << 2)
        /// nghttp2 has closed the stream.
        static let closed = Flags(rawValue: 1 << 3)
        /// The data source has nothing and waits for `resumeData`.
        static let deferred = Flags(rawValue: 1 << 4)
        /// A handler is being given messages.
        static let isDelivering = Flags(rawValue: 1 << 5)
        /// The handler asked to hear no more messages for now.
        static let paused = Flags(rawValue: 1 << 6)
        /// `:method` is POST.
        static let isPost = Flags(rawValue: 1 << 7)
        /// `content-type` is gRPC's.
        static let isGRPC = Flags(rawValue: 1 << 8)
        /// An event for arrived data stands in the recorder's list.
        static let dataRecorded = Flags(rawValue: 1 << 9)
        /// The handler was told that the peer sends no more.
        static let endDelivered = Flags(rawValue: 1 << 10)
        /// The messages are in an encoding that is not supported.
        static let isEncodingUnknown = Flags(rawValue: 1 << 11)
        /// The call waits in `parked` until earlier answers have been read.
        static let isParked = Flags(rawValue: 1 << 12)
        /// The trailers were submitted.
        static let trailersSubmitted = Flags(rawValue: 1 << 13)
        /// There was no place for it: it is reset before anything of it is handled.
        static let isRefused = Flags(rawValue: 1 << 15)
        /// The caller can read gzip.
        static let acceptsGzip = Flags(rawValue: 1 << 16)
        /// The handler wants its reply to be packed.
        static let compressReply = Flags(rawValue: 1 << 17)
        /// Its next message waits until the connection may unpack more.
        static let awaitsTurn = Flags(rawValue: 1 << 19)
        /// The answer's headers say, or will say, `grpc-encoding: gzip`.
        static let answersGzip = Flags(rawValue: 1 << 18)
    }

    var id: Int32
    var flags: Flags = []
    /// Lives as long as the server's table of methods.
    var route: Unmanaged<Route>?
    /// What the header block did wrong, to be answered once it is complete.
    var problem: GRPCStatus?
    var deadline: NIODeadline?
    var reader = MessageReader()
    /// Bytes read and not yet returned to the stream's window.
    var unconsumedBytes = 0
    /// What the reader held when the connection last counted it.
    var heldBytes = 0
    /// What its answer had unsent when the connection last counted it.
    var unsentBytes = 0
    /// Since when it has been seen to wait for its peer; nil: something moved since.
    var stillSince: NIODeadline?
    var metadata = HeaderBytes()
    /// A unary answer, and how much of it has gone into frames.
    var reply = RawBuffer()
    var replyOffset = 0
    /// What the trailers will say.
    var status = GRPCStatus.ok
    var trailers = Metadata()
    /// The object a handler holds, where one outlives its first turn.
    var call: ServerCall?
    /// What a handler holds that answers later without a task.
    var deferredReply: DeferredReply?
    /// One that nobody holds any more, for the next such call.
    var spareReply: DeferredReply?
    /// The error code with which the stream was closed.
    var closeCode: UInt32 = 0
    /// The connection's open streams are a doubly linked list.
    var previous: UnsafeMutablePointer<ServerStream>?
    var next: UnsafeMutablePointer<ServerStream>?

    init(id: Int32) { self.id = id }

    /// Makes the struct fit for another stream; small buffers keep their memory.
    mutating func recycle() {
        flags = []
        route = nil
        if problem != nil { problem = nil }
        deadline = nil
        reader.recycle()
        unconsumedBytes = 0
        heldBytes = 0
        unsentBytes = 0
        stillSince = nil
        metadata.recycle()
        reply.recycle()
        replyOffset = 0
        // Most have none of these: a look is cheaper than a new value.
        if status.code != .ok || !status.message.isEmpty { status = .ok }
        if trailers.count > 0 { trailers = Metadata() }
        if call != nil { call = nil }
        if deferredReply != nil { retireReply() }
        closeCode = 0
        previous = nil
        next = nil
    }

    private mutating func retireReply() {
        if isKnownUniquelyReferenced(&deferredReply) {
            swap(&spareReply, &deferredReply)
        }
        deferredReply = nil
    }

    /// How its calls are handled; nil for an unknown method.
    var handler: Method.Handler? { route?._withUnsafeGuaranteedRef { $0.handler } }

    /// Whether a handler's answer can still go out.
    var isAnswerable: Bool { flags.isDisjoint(with: [.answered, .closed]) }

    /// Copies what is left of the answer into `target`; 0 when nothing is there.
    mutating func readAnswer(into target: UnsafeMutableRawBufferPointer) -> Int {
        if let call, reply.count == 0 { return call.outbound.read(into: target) }
        let rest = reply.count - replyOffset
        let length = min(rest, target.count)
        if length > 0, let base = reply.base, let to = target.baseAddress {
            to.copyMemory(from: base + replyOffset, byteCount: length)
            replyOffset += length
        }
        return length
    }

    /// Whether there is nothing left to read from the answer.
    var isAnswerRead: Bool {
        if let call, reply.count == 0 { return call.outbound.isEmpty }
        return replyOffset == reply.count
    }
}
