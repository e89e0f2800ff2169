// One client connection: NIO's bytes on one side, an nghttp2 session on the other; event loop
// only.

import CNghttp2
import NIOCore

/// The channel handler of a client connection. Where TLS comes, it stands before this one.
final class ClientConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let flushBytes = 256 << 10

    let session: HTTP2Session
    let recorder: UnsafeMutablePointer<ClientRecorder>
    let setup: ConnectionSetup
    let report: ConnectionReport
    private let ready: EventLoopPromise<Void>
    let codec = GzipCodec()
    /// Every call that nghttp2 knows.
    var calls: [Int32: ClientCall] = [:]
    /// Calls beyond what the server takes at once.
    var queue = CircularBuffer<QueuedCall>()
    private(set) var context: ChannelHandlerContext?
    private var isBusy = false
    private var isFlushScheduled = false
    private var isOver = false
    private(set) var isGoingAway = false
    var keepalive: ClientKeepalive?
    var keepaliveTimer: Scheduled<Void>?
    private var floodGuard: FrameFloodGuard?

    /// `ready` succeeds with the server's SETTINGS: only then is it known to be one.
    init(
        setup: ConnectionSetup, ready: EventLoopPromise<Void>,
        report: ConnectionReport = ConnectionReport()
    ) {
        self.setup = setup
        self.ready = ready
        self.report = report
        recorder = .allocate(capacity: 1)
        recorder.initialize(to: ClientRecorder(messageBytes: setup.messageBytes))
        session = .client(recorder: recorder)
    }

    deinit {
        recorder.deinitialize(count: 1)
        recorder.deallocate()
    }

    // MARK: - Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // Without ever having been active, where nobody listens.
        endAll(GRPCStatus(.unavailable, "the connection was never made"))
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard self.context == nil else { return }
        self.context = context
        floodGuard = FrameFloodGuard(now: context.eventLoop.now)
        session.submitSettings([
            (Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), 0),
            (
                Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                UInt32(HTTP2Session.streamWindowBytes)
            ),
        ])
        startKeepalive(context.eventLoop)
        flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.context != nil else { return }
        let failure = unwrapInboundIn(data).withUnsafeReadableBytes { session.receive($0) }
        if let failure {
            close(GRPCStatus(.unavailable, "the server does not speak HTTP/2: \(failure.reason)"))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.context != nil {
            keepalive?.read(now: context.eventLoop.now)
            if !mayGoOn(context.eventLoop) {
                close(GRPCStatus(.unavailable, "the server floods the connection with frames"))
            }
        }
        flush()
        context.fireChannelReadComplete()
    }

    /// Whether the server keeps to a sane number of frames that carry nothing.
    private func mayGoOn(_ loop: any EventLoop) -> Bool {
        let frames = recorder.pointee.idleFrames
        if frames == 0 { return true }
        recorder.pointee.idleFrames = 0
        return floodGuard?.admits(frames, now: loop.now) ?? true
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        processEvents()
        endAll(lossStatus)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isBusy { processEvents() }  // what was read before counts
        let reason = ConnectFailure.reason(error)
        // Before it has begun, TLS has failed: its sentence says it all.
        endAll(
            GRPCStatus(
                .unavailable, self.context == nil ? reason : "the connection broke: \(reason)"))
        context.close(promise: nil)
    }

    /// Ends everything for this reason. What was read before counts.
    func close(_ status: GRPCStatus) {
        guard let context else { return }
        if !isBusy { processEvents() }
        endAll(status)
        context.close(promise: nil)
    }

    /// Takes no more calls, and closes once those that are open have ended.
    func retire() {
        guard context != nil, !isGoingAway else { return }
        stopTaking(tooManyPings: false)
        scheduleFlush()
    }

    private func stopTaking(tooManyPings: Bool) {
        isGoingAway = true
        report.tell(.goingAway(tooManyPings: tooManyPings))
        failQueue(GRPCStatus(.unavailable, "the server is going away"))
    }

    private var lossStatus: GRPCStatus {
        guard let code = recorder.pointee.violation else {
            return GRPCStatus(.unavailable, "the connection was lost")
        }
        return GRPCStatus(.unavailable, "the server does not speak HTTP/2: error \(code)")
    }

    // MARK: - Acting

    func scheduleFlush() {
        guard !isBusy, !isFlushScheduled, let loop = context?.eventLoop else { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute {
            bound.value.isFlushScheduled = false
            bound.value.flush()
        }
    }

    private func flush() {
        guard !isBusy, let context else { return }
        isBusy = true
        var wrote = false
        repeat {
            processEvents()
            // A write may find out that the connection is over.
            while self.context != nil, context.channel.isWritable {
                var out = context.channel.allocator.buffer(capacity: 1024)
                let failure = session.pull(into: &out, limit: Self.flushBytes)
                if failure != nil { context.close(promise: nil) }
                let length = out.readableBytes
                if length == 0 { break }
                context.write(wrapOutboundOut(out), promise: nil)
                wrote = true
                if length < Self.flushBytes { break }
            }
        } while !recorder.pointee.events.isEmpty
        isBusy = false
        guard self.context != nil else { return }
        if wrote { context.flush() }
        if session.isFinished || (isGoingAway && calls.isEmpty) {
            // Behind what the channel still holds.
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
                channel.close(promise: nil)
            }
        }
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

    private func handle(_ event: ClientRecorder.Event) {
        switch event {
        case .headersReceived(let call):
            let call = call.takeUnretainedValue()
            call.stream.setHeaders(call.headers)
        case .dataReceived(let call): deliver(call.takeUnretainedValue())
        case .drained(let call):
            let waiting = call.takeUnretainedValue().waitingSenders
            call.takeUnretainedValue().waitingSenders = []
            for promise in waiting { promise.succeed() }
        case .closed(let call, let code): closed(call.takeUnretainedValue(), code)
        case .ended(let call): ended(call.takeUnretainedValue())
        case .settingsReceived:
            ready.succeed()
            openQueued()
        case .goAwayReceived(let tooManyPings):
            // nghttp2 opens no more streams after any GOAWAY, the notice of a drain included.
            stopTaking(tooManyPings: tooManyPings)
        }
    }

    private func endAll(_ status: GRPCStatus) {
        if isOver { return }
        isOver = true
        ready.fail(status)
        context = nil
        keepaliveTimer?.cancel()
        let open = calls.values
        calls = [:]
        recorder.pointee.events.removeAll()
        for call in open {
            end(call, call.localStatus ?? status, call.isOnWire ? .none : .unsent)
        }
        failQueue(status)
        report.tell(.closed)
    }
}
