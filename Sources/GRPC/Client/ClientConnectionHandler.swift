// One client connection: NIO's bytes on one side, an nghttp2 session on the other; event loop
// only.

import CNghttp2
import NIOCore

/// The channel handler of a client connection. Where TLS comes, it stands before this one.
final class ClientConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let flushBytes = 256 << 10

    private let session: HTTP2Session
    private let recorder: UnsafeMutablePointer<ClientRecorder>
    private let authority: String
    private let ready: EventLoopPromise<Void>
    private let codec = GzipCodec()
    /// Every call that nghttp2 knows.
    private var calls: [Int32: ClientCall] = [:]
    private var context: ChannelHandlerContext?
    private var isBusy = false
    private var isFlushScheduled = false
    private var isGoingAway = false

    /// `ready` succeeds with the server's SETTINGS: only then is it known to be one.
    init(authority: String, messageBytes: Int, ready: EventLoopPromise<Void>) {
        self.authority = authority
        self.ready = ready
        recorder = .allocate(capacity: 1)
        recorder.initialize(to: ClientRecorder(messageBytes: messageBytes))
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
        session.submitSettings([
            (Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), 0),
            (
                Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                UInt32(HTTP2Session.streamWindowBytes)
            ),
        ])
        flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.context != nil else { return }
        let failure = unwrapInboundIn(data).withUnsafeReadableBytes { session.receive($0) }
        if let failure {
            let status = GRPCStatus(
                .unavailable, "the server does not speak HTTP/2: \(failure.reason)")
            processEvents()
            endAll(status)
            context.close(promise: nil)
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
        processEvents()
        self.context = nil
        endAll(GRPCStatus(.unavailable, "the connection was lost"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isBusy { processEvents() }  // what was read before counts
        endAll(GRPCStatus(.unavailable, "the connection broke: \(error)"))
        context.close(promise: nil)
    }

    // MARK: - Calls

    func open(_ path: String, _ options: CallOptions, _ call: ClientCall) throws(GRPCStatus) {
        guard context != nil, !isGoingAway else {
            throw GRPCStatus(.unavailable, "the connection is closed")
        }
        var fields = [
            HeaderField(":method", "POST"), HeaderField(":scheme", "http"),
            HeaderField(":path", path), HeaderField(":authority", authority),
            HeaderField("te", "trailers"), HeaderField("content-type", "application/grpc"),
            HeaderField("grpc-accept-encoding", MessageEncoding.accepted),
            HeaderField("user-agent", "cache-manager-swift/\(ProductVersion.text)"),
        ]
        if options.compressesMessages {
            call.compressesMessages = true
            fields.append(HeaderField("grpc-encoding", "gzip"))
        }
        if let timeout = options.timeout {
            fields.append(HeaderField("grpc-timeout", CallTimeout.format(timeout), indexed: false))
        }
        fields += HeaderField.fields(options.metadata)
        let pointer = Unmanaged.passUnretained(call).toOpaque()
        var provider = nghttp2_data_provider()
        provider.source.ptr = pointer
        provider.read_callback = ClientCallbacks.dataSource
        let id = HeaderBlock.withFields(fields) { block, count in
            nghttp2_submit_request(session.pointer, nil, block, count, &provider, pointer)
        }
        if id < 0 {
            throw GRPCStatus(.unavailable, HTTP2Failure(code: id).reason)
        }
        call.id = id
        calls[id] = call
        startDeadline(call, options.timeout)
        scheduleFlush()
    }

    private func startDeadline(_ call: ClientCall, _ timeout: Duration?) {
        guard let timeout, let loop = context?.eventLoop else { return }
        let bound = NIOLoopBound((handler: self, call: call), eventLoop: loop)
        call.deadlineTimer = loop.scheduleTask(in: TimeAmount(timeout)) {
            bound.value.handler.cancel(
                bound.value.call,
                GRPCStatus(.deadlineExceeded, "the deadline passed before the answer"))
        }
    }

    func send(_ message: FramedMessage, on call: ClientCall, _ promise: EventLoopPromise<Void>) {
        guard calls[call.id] != nil, !call.isSendingEnded else {
            return promise.fail(GRPCStatus(.cancelled, "the call sends no more"))
        }
        call.outbound.append(call.encoded(message, codec))
        resume(call)
        if call.outbound.isWritable {
            promise.succeed()
        } else {
            call.waitingSenders.append(promise)
        }
    }

    func finishSending(_ call: ClientCall?) {
        guard let call, calls[call.id] != nil else { return }
        call.isSendingEnded = true
        resume(call)
    }

    func cancel(_ call: ClientCall?, _ status: GRPCStatus) {
        guard let call, calls[call.id] != nil else { return }
        call.localStatus = status
        session.reset(stream: call.id, error: .cancel)
        end(call, status)
        scheduleFlush()
    }

    /// The reader has taken all that was there: the server may send more.
    func readerCaughtUp(_ call: ClientCall?) {
        guard let call, calls[call.id] != nil, call.unconsumedBytes > 0 else { return }
        session.consume(stream: call.id, bytes: call.unconsumedBytes)
        call.unconsumedBytes = 0
        scheduleFlush()
    }

    private func resume(_ call: ClientCall) {
        if call.isDeferred {
            call.isDeferred = false
            session.resumeData(stream: call.id)
        }
        scheduleFlush()
    }

    // MARK: - Acting

    private func scheduleFlush() {
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
            while context.channel.isWritable {
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
        if wrote { context.flush() }
        if session.isFinished {
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
        case .closed(let call, let code):
            let call = call.takeUnretainedValue()
            end(call, call.finalStatus(closeCode: code))
            calls[call.id] = nil
        case .ended(let call): ended(call.takeUnretainedValue())
        case .settingsReceived: ready.succeed()
        case .goAwayReceived:
            // nghttp2 opens no more streams after any GOAWAY, the notice of a drain included.
            isGoingAway = true
        }
    }

    private func deliver(_ call: ClientCall) {
        while let message = call.nextMessage(limit: recorder.pointee.messageBytes) {
            call.stream.deliver(message)
        }
        call.reader.compact()
        if let violation = call.reader.violation {
            return cancel(call, violation)
        }
        if call.stream.wantsMore { readerCaughtUp(call) }
    }

    /// The server has said everything: what we might still send is in vain.
    private func ended(_ call: ClientCall) {
        guard call.localStatus == nil, calls[call.id] != nil else { return }
        let status = call.finalStatus(closeCode: 0)
        if !call.isSendingEnded || !call.outbound.isEmpty {
            call.localStatus = status
            session.reset(stream: call.id, error: .noError)
        }
        end(call, status)
    }

    private func end(_ call: ClientCall, _ status: GRPCStatus) {
        call.deadlineTimer?.cancel()
        call.deadlineTimer = nil
        call.failSenders(status)
        call.stream.end(status, headers: call.headers, trailers: call.trailers)
    }

    private func endAll(_ status: GRPCStatus) {
        ready.fail(status)
        self.context = nil
        let open = calls.values
        calls = [:]
        recorder.pointee.events.removeAll()
        for call in open { end(call, call.localStatus ?? status) }
    }
}
