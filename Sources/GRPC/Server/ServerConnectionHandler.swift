// One connection: NIO's bytes on one side, an nghttp2 session on the other; event loop only.
//
// Bytes go into the session as they come; what its callbacks recorded is acted on once the
// read is complete; and everything there is to send leaves in one flush.

import CNghttp2
import NIOCore
import TLS

/// The channel handler of a server connection. Where TLS comes, it stands before this one.
final class ServerConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The most that is pulled from nghttp2 into one buffer.
    static let flushBytes = 64 << 10

    let loop: ServerLoop
    /// The other side, where TLS is spoken.
    let peer: TLSPeer?
    let recorder: UnsafeMutablePointer<ServerRecorder>
    let session: HTTP2Session
    var drainState = DrainState.serving
    /// What calls get to finish, once the connection drains.
    var drainGrace: Duration?
    var times: ConnectionTimes
    var backlog = SocketBacklog()
    /// Bytes written to the channel so far.
    private(set) var writtenBytes: UInt64 = 0
    private var context: ChannelHandlerContext?
    /// Whether a flush is under way, in which nothing may feed or read the session.
    private(set) var isBusy = false
    private var isFlushScheduled = false
    /// Complete calls, and writers of streams, that wait until what is there has been read.
    var parked: [UnsafeMutablePointer<ServerStream>] = []
    /// Set while a deferred call has a deadline.
    var deadlineWatch: DeadlineWatch?
    /// Whether anything has come from the peer.
    private(set) var hasRead = false
    /// Set once everything is said: what the rest of the way may take.
    var lingerTimer: Scheduled<Void>?
    /// Set once the connection is to end against its peer's will, or has.
    var rejection: (reason: ConnectionRejection, error: HTTP2ErrorCode)?
    /// Whether nothing passes between session and channel any more.
    private(set) var isCutOff = false
    var frameRates: FrameRates
    private var scanner = FrameScanner()

    /// Whether the channel is still there.
    var isOpen: Bool { context != nil }
    /// Whether there is nothing left but to close.
    var isClosing: Bool { lingerTimer != nil }
    /// What the channel has not given to its socket yet, in bytes.
    var heldByChannel: Int {
        // Without an answer it is closing already.
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
    /// Where the peer is, as far as it is known.
    var peerAddress: SocketAddress? { context?.remoteAddress }

    init(loop: ServerLoop, peer: TLSPeer? = nil) {
        self.loop = loop
        self.peer = peer
        times = loop.times()
        recorder = .allocate(capacity: 1)
        recorder.initialize(
            to: ServerRecorder(
                methods: loop.shared.methods, limits: loop.shared.limits, pool: loop.pool))
        session = .server(recorder: recorder, memory: loop.sessionMemory)
        frameRates = FrameRates(loop.shared.limits)
    }

    deinit {
        recorder.deinitialize(count: 1)
        recorder.deallocate()
    }

    // MARK: - Channel events

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        recorder.pointee.now = loop.eventLoop.now
        times = loop.times()
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
        guard self.context != nil, !isCutOff, !isClosing, recorder.pointee.goAwayError == nil
        else { return }
        hasRead = true
        recorder.pointee.now = loop.eventLoop.now
        let failure = unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            let count = scanner.scan(bytes) { recorder.pointee.isAllowed($0) }
            return session.receive(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
        if let failure { return reject(failure) }
        judgeFrames()
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
        lingerTimer = nil
        deadlineWatch?.timer.cancel()
        deadlineWatch = nil
        if case .noticeSent(let timer) = drainState { timer.cancel() }
        loop.remove(self)
        endAllStreams()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The connection broke: its calls end in `channelInactive`, which tells handlers so.
        if let error = error as? TLSError, error.code == .protocolViolation, rejection == nil {
            rejection = (.protocolError, .protocolError)
            loop.shared.countRejection(.protocolError, detail: error.message, peer: peerAddress)
        }
        context.close(promise: nil)
    }

    func close() { context?.close(promise: nil) }

    /// Lets the peer know that nothing more comes.
    func closeOutput() { context?.close(mode: .output, promise: nil) }

    /// Closes without waiting for a peer that takes nothing: what is unsent is thrown away.
    func closeHard() {
        SocketReset.prepare(context?.channel)
        close()
    }

    // MARK: - Acting

    /// Asks for a flush at the end of the current turn of the loop.
    func scheduleFlush() {
        if isBusy || isFlushScheduled || isCutOff || context == nil { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute {
            bound.value.isFlushScheduled = false
            bound.value.flush()
        }
    }

    /// Acts on what was recorded, then sends whatever there is to send.
    func flush() {
        guard !isBusy, !isCutOff, context != nil else { return }
        isBusy = true
        var wrote = false
        repeat {
            processEvents()
            if pull() { wrote = true }
        } while resumeParked() || !recorder.pointee.events.isEmpty
        judgeFrames()  // what was sent may be an error that the peer has provoked
        isBusy = false
        if wrote { context?.flush() }
        if recorder.pointee.goAwayError != nil { rejectAfterGoAway() }
        if rejection != nil { return cutOff() }
        if session.isFinished { closeWhenWritten() }
    }

    /// Says the GOAWAY of a rejected connection, if the channel takes it, and ends the rest.
    func cutOff() {
        guard let rejection, !isCutOff, context != nil else { return }
        isBusy = true
        session.submitGoAway(rejection.error, reason: rejection.reason.rawValue)
        let wrote = pull()
        isCutOff = true
        isBusy = false
        if wrote { context?.flush() }
        endAllStreams()
        closeWhenWritten()
    }

    /// Closes behind what the channel still holds, and in any case after a while.
    func closeWhenWritten() {
        guard let context, lingerTimer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        lingerTimer = loop.eventLoop.scheduleTask(in: TimeAmount(loop.shared.limits.lingering)) {
            bound.value.closeHard()
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            bound.value.leaveToPeer()
        }
    }

    /// Gives what was submitted to the channel, whether it takes more or not, but no DATA
    /// beyond that.
    func pushControlFrames() {
        if pull(untilControlFramesAreOut: true) { context?.flush() }
    }

    /// Moves frames from nghttp2 to the channel while the channel takes them.
    private func pull(untilControlFramesAreOut insists: Bool = false) -> Bool {
        var wrote = false
        // Behind a cut, or a write that found out that the connection is over, the session still
        // points to streams that are freed.
        while let context, !isCutOff,
            context.channel.isWritable || (insists && session.hasControlFrames)
        {
            // Where a write still holds the memory, a small piece is enough to begin with.
            loop.outgoing.clear(minimumCapacity: 1_024)
            recorder.pointee.badAuthorities.answer(into: &loop.outgoing)
            if let failure = session.pull(into: &loop.outgoing, limit: Self.flushBytes) {
                if rejection == nil { reject(failure) } else { close() }
                return wrote
            }
            let length = loop.outgoing.readableBytes
            if length == 0 { break }
            context.write(wrapOutboundOut(loop.outgoing), promise: nil)
            writtenBytes &+= UInt64(length)
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
        recorder.pointee.events.removeAll()
        session.consume(stream: 0, bytes: recorder.pointee.unconsumedBytes)
        recorder.pointee.unconsumedBytes = 0
    }

    private func handle(_ event: ServerRecorder.Event) {
        switch event {
        case .opened(let stream): opened(stream)
        case .dataReceived(let stream): dataReceived(stream)
        case .ended(let stream): ended(stream)
        case .drained(let stream): wakeWriter(stream)
        case .answeredEarly(let stream):
            if !stream.pointee.flags.contains(.closed) {
                session.reset(stream: stream.pointee.id, error: .noError)
            }
        case .closed(let stream): closed(stream)
        case .pingAcknowledged(let opaque): drainPingAnswered(opaque)
        case .pingedTooOften: reject(.tooManyPings, error: .enhanceYourCalm)
        }
    }

    private func closed(_ stream: UnsafeMutablePointer<ServerStream>) {
        // Most calls have nobody who would hear of it.
        guard stream.pointee.call != nil else { return free(stream) }
        let finished = stream.pointee.flags.contains(.answered) && stream.pointee.closeCode == 0
        end(
            stream,
            finished ? stream.pointee.status : GRPCStatus(.cancelled, "the caller went away"))
    }

    /// Ends the stream for its handler and frees it.
    private func end(_ stream: UnsafeMutablePointer<ServerStream>, _ reason: GRPCStatus) {
        if let call = stream.pointee.call {
            stream.pointee.flags.insert(.closed)
            call.end(reason)
            call.detach()
        }
        free(stream)
    }

    private func free(_ stream: UnsafeMutablePointer<ServerStream>) {
        stream.pointee.flags.insert(.closed)
        stream.pointee.reader.recycle()
        recorder.pointee.countHeld(stream)
        recorder.pointee.unsentBytes -= stream.pointee.unsentBytes
        stream.pointee.unsentBytes = 0
        if stream.pointee.flags.contains(.isParked) { parked.removeAll { $0 == stream } }
        stream.pointee.deferredReply?.detach()
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
