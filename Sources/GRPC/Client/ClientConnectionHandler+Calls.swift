// The calls of a client connection, from their request to their status; event loop only.

import CNghttp2
import NIOCore

/// A call that waits until the server takes one more.
struct QueuedCall {
    let call: ClientCall
    let path: String
    let options: CallOptions
    /// When it gives up.
    let deadline: NIODeadline?
}

extension ClientConnectionHandler {
    /// Calls that may wait for the server's MAX_CONCURRENT_STREAMS.
    static let maxQueuedCalls = 10_000

    /// Begins a call, or queues it while the server takes no more. What it throws says that
    /// nothing of it went onto the wire. `opened` hears when it is begun, unless this throws.
    func open(
        _ path: String, _ options: CallOptions, _ call: ClientCall,
        opened: EventLoopPromise<Void>? = nil
    ) throws(GRPCStatus) {
        guard let context, !isGoingAway else {
            call.stream.unsent()
            throw GRPCStatus(.unavailable, "the connection is closed")
        }
        call.compressesMessages = options.compressesMessages
        if hasRoom {
            try submit(path, options, call)
            opened?.succeed()
        } else {
            guard queue.count < Self.maxQueuedCalls else {
                throw GRPCStatus(.resourceExhausted, "too many calls wait for the server")
            }
            let deadline = options.timeout.map { context.eventLoop.now + TimeAmount($0) }
            call.opened = opened
            queue.append(QueuedCall(call: call, path: path, options: options, deadline: deadline))
        }
        startDeadline(call, options.timeout)
        if keepalive != nil { keepaliveCallOpened(context.eventLoop) }
    }

    private var hasRoom: Bool {
        let limit = nghttp2_session_get_remote_settings(
            session.pointer, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
        return calls.count < limit
    }

    private func submit(
        _ path: String, _ options: CallOptions, _ call: ClientCall
    ) throws(GRPCStatus) {
        var fields = [
            HeaderField(":method", "POST"), HeaderField(":scheme", setup.scheme),
            HeaderField(":path", path), HeaderField(":authority", setup.authority),
            HeaderField("te", "trailers"), HeaderField("content-type", "application/grpc"),
            HeaderField("grpc-accept-encoding", MessageEncoding.accepted),
            HeaderField("user-agent", "cache-manager-swift/\(ProductVersion.text)"),
        ]
        if options.compressesMessages { fields.append(HeaderField("grpc-encoding", "gzip")) }
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
            // The numbers of streams are used up: another connection has new ones.
            retire()
            call.stream.unsent()
            throw GRPCStatus(.unavailable, HTTP2Failure(code: id).reason)
        }
        call.id = id
        calls[id] = call
        scheduleFlush()
    }

    /// Opens as many of the waiting calls as the server takes.
    func openQueued() {
        while let context, !queue.isEmpty, hasRoom {
            let next = queue.removeFirst()
            var options = next.options
            if let deadline = next.deadline {
                options.timeout = Duration(max(deadline - context.eventLoop.now, .zero))
            }
            do throws(GRPCStatus) {
                try submit(next.path, options, next.call)
                next.call.opened?.succeed()
            } catch {
                end(next.call, error, .unsent)
            }
        }
    }

    /// Ends the waiting calls, of which nobody has heard yet.
    func failQueue(_ status: GRPCStatus) {
        let waiting = queue
        queue = []
        for queued in waiting { end(queued.call, status, .unsent) }
    }

    private func startDeadline(_ call: ClientCall, _ timeout: Duration?) {
        guard let timeout, let loop = context?.eventLoop else { return }
        let bound = NIOLoopBound((handler: self, call: call), eventLoop: loop)
        call.deadlineTimer = loop.scheduleTask(in: TimeAmount(timeout)) {
            bound.value.handler.cancel(bound.value.call, .deadlinePassed)
        }
    }

    // MARK: - What the caller does

    func send(_ message: FramedMessage, on call: ClientCall, _ promise: EventLoopPromise<Void>?) {
        guard !call.isDone, !call.isSendingEnded else {
            promise?.fail(GRPCStatus(.cancelled, "the call sends no more"))
            return
        }
        call.outbound.append(call.encoded(message, codec))
        resume(call)
        guard let promise else { return }
        if call.outbound.isWritable {
            promise.succeed()
        } else {
            call.waitingSenders.append(promise)
        }
    }

    func finishSending(_ call: ClientCall?) {
        guard let call, !call.isDone else { return }
        call.isSendingEnded = true
        resume(call)
    }

    func cancel(_ call: ClientCall?, _ status: GRPCStatus) {
        guard let call, !call.isDone else { return }
        call.localStatus = status
        if call.id == 0 {
            queue.removeAll { $0.call === call }
        } else {
            session.reset(stream: call.id, error: .cancel)
        }
        end(call, status)
        scheduleFlush()
    }

    /// The reader has taken all that was there: the server may send more.
    func readerCaughtUp(_ call: ClientCall?) {
        guard let call, !call.isDone, call.unconsumedBytes > 0 else { return }
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

    // MARK: - What the server does

    func deliver(_ call: ClientCall) {
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
    func ended(_ call: ClientCall) {
        guard !call.isDone else { return }
        let status = call.finalStatus(closeCode: 0)
        if !call.isSendingEnded || !call.outbound.isEmpty {
            call.localStatus = status
            session.reset(stream: call.id, error: .noError)
        }
        end(call, status)
    }

    /// nghttp2 has forgotten the stream: the last that is heard of it.
    func closed(_ call: ClientCall, _ code: UInt32) {
        if !call.isDone {
            end(call, call.finalStatus(closeCode: code), call.retrySafety(closeCode: code))
        }
        calls[call.id] = nil
        openQueued()
    }

    func end(_ call: ClientCall, _ status: GRPCStatus, _ retry: RetrySafety = .none) {
        guard !call.isDone else { return }
        call.isDone = true
        call.deadlineTimer?.cancel()
        call.deadlineTimer = nil
        call.opened?.fail(status)
        call.failSenders(status)
        call.stream.end(status, headers: call.headers, trailers: call.trailers, retry: retry)
    }
}

extension GRPCStatus {
    static let deadlinePassed = GRPCStatus(
        .deadlineExceeded, "the deadline passed before the answer")
    static let cancelledByCaller = GRPCStatus(.cancelled, "cancelled by the caller")
}
