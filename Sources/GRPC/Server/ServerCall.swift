// A call that outlives its first turn, as its handler holds it; event loop only.

package import NIOCore
package import TLS

/// What a streaming handler hears. Every call comes on the connection's event loop, and none
/// comes after `closed`.
package protocol ServerCallHandler: AnyObject {
    /// A request message; the bytes are valid until this returns.
    func received(_ message: UnsafeRawBufferPointer)
    /// The caller sends no more messages.
    func receivedEnd()
    /// The unsent bytes of the stream, or of its connection, went below the mark after `send`
    /// had answered false.
    func writable()
    /// The server is going away: finish within `grace`.
    func draining(grace: Duration)
    /// The call is over: it was cancelled, its deadline passed, its connection died, or it
    /// was finished by the handler itself.
    func closed(_ reason: GRPCStatus)
}

extension ServerCallHandler {
    /// By default nothing.
    package func receivedEnd() {}
    /// By default nothing.
    package func writable() {}
    /// By default the call goes on until `grace` is over.
    package func draining(grace: Duration) {}
    /// By default nothing.
    package func closed(_ reason: GRPCStatus) {}
}

/// One call: its metadata, and the way to answer it.
package final class ServerCall {
    /// What the connections of its event loop share.
    package let loop: ServerLoop
    /// The caller's custom metadata.
    package let metadata: Metadata
    /// When the caller gives up; nil: never.
    package let deadline: NIODeadline?
    /// Sent before the first message; set it before that.
    package var responseMetadata = Metadata()

    var outbound: OutboundQueue
    var handler: (any ServerCallHandler)?
    var task: Task<Void, Never>?
    /// Whether the task has not ended: one that was cancelled may take its time.
    var isRunning = false
    /// The connection that still counts the task though its stream is closed.
    private weak var orphanage: ServerConnectionHandler?
    private var deadlineTimer: Scheduled<Void>?
    private var stream: UnsafeMutablePointer<ServerStream>?
    private unowned let connection: ServerConnectionHandler

    init(stream: UnsafeMutablePointer<ServerStream>, connection: ServerConnectionHandler) {
        self.stream = stream
        self.connection = connection
        loop = connection.loop
        metadata = stream.pointee.metadata.parsed() ?? Metadata()
        deadline = stream.pointee.deadline
        outbound = OutboundQueue(highBytes: connection.loop.shared.limits.outboundBytes)
    }

    /// The other side of the connection and who it proved to be; nil without TLS, and once the
    /// call is over.
    package var peer: TLSPeer? { stream == nil ? nil : connection.peer }

    /// Bytes queued and not yet in frames.
    package var unsentBytes: Int { outbound.byteCount }

    /// Whether `send` would answer true now.
    package var isWritable: Bool {
        stream != nil && outbound.isWritable && !connection.hasTooMuchUnsent
    }

    /// Unsent bytes from which on `send` answers false; set it before the first message.
    package func limitUnsent(toBytes bytes: Int) {
        outbound = OutboundQueue(highBytes: bytes)
    }

    /// Whether the message that the handler is hearing of came packed.
    package var isMessageCompressed: Bool { stream?.pointee.reader.isCompressed ?? false }

    /// From here on messages are packed where that makes them smaller, if the caller accepts
    /// gzip; to be called before the first one.
    package func compressMessages() {
        guard let stream, stream.pointee.flags.contains(.acceptsGzip),
            !stream.pointee.flags.contains(.headersSent)
        else { return }
        stream.pointee.flags.insert(.answersGzip)
    }

    /// Queues a message, plain unless `compressMessages` was called. False: the unsent bytes
    /// are above the mark, `writable` will tell when to go on. Nothing happens once the call
    /// is over.
    @discardableResult
    package func send(_ message: FramedMessage, compressed: Bool = true) -> Bool {
        guard let stream, stream.pointee.isAnswerable else { return false }
        let packs = compressed && stream.pointee.flags.contains(.answersGzip)
        outbound.append(packs ? connection.compressed(message) : message)
        connection.answerReady(stream)
        return outbound.isWritable && connection.mayWrite(stream)
    }

    /// Drops the queued messages of which nothing was sent, and tells how many they were.
    package func dropUnsent() -> Int { outbound.dropUnsent() }

    /// Ends the call after what is queued.
    package func finish(_ status: GRPCStatus, trailers: Metadata = .init()) {
        guard let stream, stream.pointee.isAnswerable else { return }
        connection.finish(stream, status, trailers: trailers)
    }

    /// Stops reading requests: the caller's window fills up.
    package func pauseReading() { stream?.pointee.flags.insert(.paused) }

    /// Goes on reading requests, with those that wait.
    package func resumeReading() {
        guard let stream else { return }
        stream.pointee.flags.remove(.paused)
        connection.readingResumed(stream)
    }

    // MARK: - The connection's side

    /// Sends the one message of a unary call.
    func sendReply(_ message: FramedMessage) {
        if let stream, connection.mustCompress(stream, replyBytes: message.byteCount) {
            compressMessages()
        }
        send(message)
    }

    func startDeadline() {
        guard deadlineTimer == nil, let deadline else { return }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        deadlineTimer = loop.eventLoop.scheduleTask(deadline: deadline) {
            bound.value.deadlinePassed()
        }
    }

    private func deadlinePassed() {
        guard let stream, stream.pointee.isAnswerable else { return }
        _ = outbound.dropUnsent()
        let status = Self.deadlinePassedStatus
        connection.finish(stream, status, trailers: Metadata())
        // What is stuck in the middle of a message cannot be followed by trailers.
        if !stream.pointee.isAnswerRead { connection.cancel(stream) }
        end(status)
    }

    static let deadlinePassedStatus = GRPCStatus(
        .deadlineExceeded, "the deadline passed before the answer")

    /// The call is over for its handler; the stream may live on until its trailers are sent.
    func end(_ reason: GRPCStatus) {
        deadlineTimer?.cancel()
        deadlineTimer = nil
        task?.cancel()
        task = nil
        let handler = handler
        self.handler = nil
        handler?.closed(reason)
    }

    /// nghttp2 has closed the stream while the task runs: it keeps its place until it ends.
    func orphan() {
        orphanage = connection
        connection.recorder.pointee.orphanedCalls += 1
    }

    func taskEnded() {
        isRunning = false
        orphanage?.recorder.pointee.orphanedCalls -= 1
    }

    /// The stream is about to be freed.
    func detach() { stream = nil }
}
