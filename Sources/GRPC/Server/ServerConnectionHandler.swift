// One connection: NIO's bytes on one side, an nghttp2 session on the other; event loop only.
//
// Bytes go into the session as they come; what its callbacks recorded is acted on once the
// read is complete; and everything there is to send leaves in one flush.

import CNghttp2
import NIOCore

/// The channel handler of a server connection. Where TLS comes, it stands before this one.
final class ServerConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The most that is pulled from nghttp2 into one buffer.
    static let flushBytes = 64 << 10

    let loop: ServerLoop
    let recorder: UnsafeMutablePointer<ServerRecorder>
    let session: HTTP2Session
    var drainState = DrainState.serving
    private var context: ChannelHandlerContext?
    private var isBusy = false
    private var isFlushScheduled = false
    /// Complete calls that wait until the answers before them have been read.
    var parked: [UnsafeMutablePointer<ServerStream>] = []
    /// Whether anything has come from the peer.
    private(set) var hasRead = false
    private var lingerTimer: Scheduled<Void>?

    /// Whether the channel is still there.
    var isOpen: Bool { context != nil }

    init(loop: ServerLoop) {
        self.loop = loop
        recorder = .allocate(capacity: 1)
        recorder.initialize(
            to: ServerRecorder(
                methods: loop.shared.methods, limits: loop.shared.limits, pool: loop.pool))
        session = .server(recorder: recorder, memory: loop.sessionMemory)
    }

    deinit {
        recorder.deinitialize(count: 1)
        recorder.deallocate()
    }

    // MARK: - Channel events

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        let limits = loop.shared.limits
        session.submitSettings([
            (NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.id, limits.concurrentStreams),
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.id, UInt32(HTTP2Session.streamWindowBytes)),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.id, UInt32(limits.headerBytes)),
            (NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES.id, 1),
        ])
        flush()
        if let grace = loop.grace { drain(grace: grace) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.context != nil else { return }
        hasRead = true
        recorder.pointee.now = .now()
        let failure = unwrapInboundIn(data).withUnsafeReadableBytes { session.receive($0) }
        if failure != nil {
            flush()  // what nghttp2 has to say about it: its GOAWAY
            closeWhenWritten()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        lingerTimer?.cancel()
        if case .noticeSent(let timer) = drainState { timer.cancel() }
        loop.remove(self)
        endAllStreams()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The connection broke: its calls end in `channelInactive`, which tells handlers so.
        context.close(promise: nil)
    }

    func close() { context?.close(promise: nil) }

    // MARK: - Acting

    /// Asks for a flush at the end of the current turn of the loop.
    func scheduleFlush() {
        if isBusy || isFlushScheduled || context == nil { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute {
            bound.value.isFlushScheduled = false
            bound.value.flush()
        }
    }

    /// Acts on what was recorded, then sends whatever there is to send.
    func flush() {
        guard !isBusy, context != nil else { return }
        isBusy = true
        var wrote = false
        repeat {
            processEvents()
            if pull() { wrote = true }
        } while resumeParked() || !recorder.pointee.events.isEmpty
        isBusy = false
        if wrote { context?.flush() }
        if session.isFinished { closeWhenWritten() }
    }

    /// Closes behind what the channel still holds, and in any case after a while.
    func closeWhenWritten() {
        guard let context, lingerTimer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        lingerTimer = loop.eventLoop.scheduleTask(in: TimeAmount(loop.shared.limits.lingering)) {
            bound.value.close()
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            bound.value.close()
        }
    }

    /// Moves frames from nghttp2 to the channel while the channel takes them.
    private func pull() -> Bool {
        guard let context else { return false }
        var wrote = false
        while context.channel.isWritable {
            // Where a write still holds the memory, a small piece is enough to begin with.
            loop.outgoing.clear(minimumCapacity: 1_024)
            if session.pull(into: &loop.outgoing, limit: Self.flushBytes) != nil {
                close()
                return wrote
            }
            let length = loop.outgoing.readableBytes
            if length == 0 { break }
            context.write(wrapOutboundOut(loop.outgoing), promise: nil)
            wrote = true
            if length < Self.flushBytes { break }
        }
        return wrote
    }

    private func processEvents() {
        var index = 0
        while index < recorder.pointee.events.count {
            handle(recorder.pointee.events[index])
            index += 1
        }
        recorder.pointee.events.removeAll(keepingCapacity: index <= 256)
        session.consume(stream: 0, bytes: recorder.pointee.unconsumedBytes)
        recorder.pointee.unconsumedBytes = 0
    }

    private func handle(_ event: ServerRecorder.Event) {
        switch event {
        case .opened(let stream): opened(stream)
        case .dataReceived(let stream): dataReceived(stream)
        case .ended(let stream): ended(stream)
        case .drained(let stream): stream.pointee.call?.handler?.writable()
        case .answeredEarly(let stream):
            if !stream.pointee.flags.contains(.closed) {
                session.reset(stream: stream.pointee.id, error: .noError)
            }
        case .closed(let stream): closed(stream)
        case .pingAcknowledged(let opaque): drainPingAnswered(opaque)
        }
    }

    private func closed(_ stream: UnsafeMutablePointer<ServerStream>) {
        let finished = stream.pointee.flags.contains(.answered) && stream.pointee.closeCode == 0
        end(
            stream,
            finished ? stream.pointee.status : GRPCStatus(.cancelled, "the caller went away"))
    }

    /// Ends the stream for its handler and frees it.
    private func end(_ stream: UnsafeMutablePointer<ServerStream>, _ reason: GRPCStatus) {
        stream.pointee.flags.insert(.closed)
        stream.pointee.reader.recycle()
        recorder.pointee.countHeld(stream)
        recorder.pointee.unsentBytes -= stream.pointee.unsentBytes
        stream.pointee.unsentBytes = 0
        if stream.pointee.flags.contains(.isParked) { parked.removeAll { $0 == stream } }
        if let call = stream.pointee.call {
            call.end(reason)
            call.detach()
        }
        recorder.pointee.release(stream)
    }

    private func endAllStreams() {
        recorder.pointee.events.removeAll()
        while let stream = recorder.pointee.open {
            end(stream, GRPCStatus(.cancelled, "the connection was lost"))
        }
    }
}

extension nghttp2_settings_id {
    fileprivate var id: Int32 { Int32(rawValue) }
}
