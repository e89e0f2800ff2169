// How a connection opens, feeds and answers its calls; event loop only.

import CNghttp2
import NIOCore

extension ServerConnectionHandler {
    typealias Stream = UnsafeMutablePointer<ServerStream>

    // MARK: - What the peer sent

    /// A header block that needs an answer, a handler or a timer before its messages.
    func opened(_ stream: Stream) {
        if stream.pointee.flags.contains(.isRefused), !stream.pointee.flags.contains(.closed) {
            return session.reset(stream: stream.pointee.id, error: .refusedStream)
        }
        guard stream.pointee.isAnswerable else { return }
        if !stream.pointee.flags.contains(.isPost) {
            let status = GRPCStatus(.internal, "the method must be POST")
            return refuse(stream, httpStatus: "405", status)
        }
        if !stream.pointee.flags.contains(.isGRPC) {
            let status = GRPCStatus(.unknown, "content-type must be application/grpc")
            return refuse(stream, httpStatus: "415", status)
        }
        if let problem = stream.pointee.problem {
            var trailers = Metadata()
            if stream.pointee.flags.contains(.isEncodingUnknown) {
                trailers.add("grpc-accept-encoding", MessageEncoding.accepted)
            }
            return finish(stream, problem, trailers: trailers)
        }
        switch stream.pointee.handler {
        case .stream(_, let open):
            let call = makeCall(stream)
            call.startDeadline()
            call.handler = open(call)
            if let grace = drainGrace { call.handler?.draining(grace: grace) }
        case .unary where !stream.pointee.flags.contains(.remoteEnded):
            makeCall(stream).startDeadline()
        case .unary, nil: break
        }
    }

    /// Message bytes that do not end the request.
    func dataReceived(_ stream: Stream) {
        stream.pointee.flags.remove(.dataRecorded)
        guard stream.pointee.isAnswerable else { return }
        if let violation = stream.pointee.reader.violation {
            return finish(stream, violation, trailers: Metadata())
        }
        if case .stream(clientStreaming: true, _) = stream.pointee.handler {
            deliver(stream)
        } else if stream.pointee.reader.holdsMoreThanOneMessage {
            return finish(stream, Self.tooManyMessages, trailers: Metadata())
        }
        returnWindow(stream)
    }

    /// The request is complete.
    func ended(_ stream: Stream) {
        guard stream.pointee.isAnswerable, let handler = stream.pointee.handler else { return }
        if let violation = stream.pointee.reader.violation {
            return finish(stream, violation, trailers: Metadata())
        }
        if let deadline = stream.pointee.deadline, deadline <= recorder.pointee.now {
            let status = GRPCStatus(.deadlineExceeded, "the deadline passed before the call began")
            return finish(stream, status, trailers: Metadata())
        }
        if case .unary = handler, hasTooMuchUnsent {
            return park(stream)
        }
        if mustAwaitTurn(stream, handler) { return awaitTurn(stream) }
        switch handler {
        case .unary(let handler): answer(stream, handler)
        case .stream(clientStreaming: true, _):
            deliver(stream)
        case .stream(clientStreaming: false, _):
            guard let message = onlyMessage(stream) else { return }
            withPlain(stream, message) { message in
                let handler = stream.pointee.call?.handler
                stream.pointee.flags.insert(.endDelivered)
                handler?.received(message)
                if stream.pointee.isAnswerable { handler?.receivedEnd() }
            }
            forgetMessage(stream)
        }
    }

    /// Whether the peer leaves so much unread that nothing more is to be made for it.
    var hasTooMuchUnsent: Bool {
        recorder.pointee.unsentBytes > recorder.pointee.limits.unsentBytes
    }

    /// Keeps a complete call waiting: its peer does not read the answers it has.
    private func park(_ stream: Stream) {
        stream.pointee.flags.insert(.isParked)
        parked.append(stream)
        if stream.pointee.deadline != nil {
            (stream.pointee.call ?? makeCall(stream)).startDeadline()
        }
    }

    /// Whether the connection lets the writer of a stream go on; if not, it is told when it may.
    func mayWrite(_ stream: Stream) -> Bool {
        if !hasTooMuchUnsent { return true }
        if stream.pointee.call?.handler != nil { hold(stream) }
        return false
    }

    /// A stream has been read: its writer goes on, unless the others have too much unsent.
    func wakeWriter(_ stream: Stream) {
        guard let handler = stream.pointee.call?.handler else { return }
        if mayWrite(stream) { handler.writable() }
    }

    /// Keeps a writer waiting, behind those that wait already.
    private func hold(_ stream: Stream) {
        guard stream.pointee.flags.isDisjoint(with: [.isParked, .closed]) else { return }
        stream.pointee.flags.insert(.isParked)
        parked.append(stream)
    }

    /// Goes on with whoever waited, as far as the answers have been read. True: some did.
    func resumeParked() -> Bool {
        var resumed = false
        while !parked.isEmpty, !hasTooMuchUnsent {
            let stream = parked.removeFirst()
            stream.pointee.flags.remove(.isParked)
            if let handler = stream.pointee.call?.handler {
                if stream.pointee.isAnswerable { handler.writable() }
            } else {
                ended(stream)
            }
            resumed = true
        }
        return resumed
    }

    /// Gives the messages that are there to a streaming handler, while it wants them.
    private func deliver(_ stream: Stream) {
        // A handler that resumes from within: the loop around it goes on by itself.
        if !stream.pointee.flags.isDisjoint(with: [.isDelivering, .awaitsTurn]) { return }
        stream.pointee.flags.insert(.isDelivering)
        defer { stream.pointee.flags.remove(.isDelivering) }
        while stream.pointee.isAnswerable, !stream.pointee.flags.contains(.paused) {
            if !canInflate(stream) {
                awaitTurn(stream)
                break
            }
            guard let message = stream.pointee.reader.next() else { break }
            withPlain(stream, message) { stream.pointee.call?.handler?.received($0) }
        }
        stream.pointee.reader.compact()
        recorder.pointee.countHeld(stream)
        guard stream.pointee.isAnswerable, stream.pointee.flags.contains(.remoteEnded),
            !stream.pointee.flags.contains(.endDelivered), !stream.pointee.reader.hasMessage
        else { return }
        if stream.pointee.reader.bufferedBytes > 0 {
            return finish(stream, Self.cutShort, trailers: Metadata())
        }
        stream.pointee.flags.insert(.endDelivered)
        stream.pointee.call?.handler?.receivedEnd()
    }

    func readingResumed(_ stream: Stream) {
        guard stream.pointee.isAnswerable else { return }
        deliver(stream)
        returnWindow(stream)
        scheduleFlush()
    }

    /// Lets the peer send more, unless the handler has asked to wait.
    private func returnWindow(_ stream: Stream) {
        let held: ServerStream.Flags = [.paused, .awaitsTurn, .remoteEnded, .closed]
        guard stream.pointee.flags.isDisjoint(with: held) else { return }
        session.consume(stream: stream.pointee.id, bytes: stream.pointee.unconsumedBytes)
        stream.pointee.unconsumedBytes = 0
    }

    private static let cutShort = GRPCStatus(.internal, "the message is cut short")
    private static let tooManyMessages = GRPCStatus(
        .unimplemented, "the call has more than one message")

    /// Calls the handler of a unary call.
    private func answer(_ stream: Stream, _ handler: Method.UnaryHandler) {
        guard let message = onlyMessage(stream) else { return }
        if stream.pointee.reader.isCompressed {
            withPlain(stream, message) { answer(stream, $0, handler) }
        } else {
            answer(stream, message, handler)
        }
        forgetMessage(stream)
    }

    @inline(__always)
    private func answer(
        _ stream: Stream, _ message: UnsafeRawBufferPointer, _ handler: Method.UnaryHandler
    ) {
        let request = UnaryRequest(
            message: message, loop: loop, stream: stream,
            connection: .passUnretained(self), now: recorder.pointee.now)
        dispatch(stream, handler(request, UnaryReply(stream: stream)))
    }

    /// The message, if the request holds exactly one, as its kind of call demands; else the call
    /// is finished.
    @inline(__always)
    private func onlyMessage(_ stream: Stream) -> UnsafeRawBufferPointer? {
        let message = stream.pointee.reader.next()
        if let message, stream.pointee.reader.bufferedBytes == 0 { return message }
        refuseMessages(stream, hasOne: message != nil)
        return nil
    }

    private func refuseMessages(_ stream: Stream, hasOne: Bool) {
        let isEmpty = stream.pointee.reader.bufferedBytes == 0
        let none = isEmpty ? GRPCStatus(.unimplemented, "the call has no message") : Self.cutShort
        finish(stream, hasOne ? Self.tooManyMessages : none, trailers: Metadata())
    }

    /// The message of the call has been handled.
    private func forgetMessage(_ stream: Stream) {
        // A stream that goes on may be idle for long.
        if stream.pointee.call != nil {
            stream.pointee.reader.releaseMemory()
        } else if stream.pointee.deferredReply != nil {
            stream.pointee.reader.compact()
        }
        recorder.pointee.countHeld(stream)
    }

    // MARK: - What the handler answers

    private func dispatch(_ stream: Stream, _ outcome: UnaryOutcome) {
        switch outcome {
        case .replied: answerReply(stream)
        case .deferred: precondition(stream.pointee.deferredReply != nil, "nobody will answer")
        case .failed(let status):
            stream.pointee.reply.recycle()
            finish(stream, status, trailers: Metadata())
        case .pending(let operation):
            let call = stream.pointee.call ?? makeCall(stream)
            call.startDeadline()
            let bound = NIOLoopBound(call, eventLoop: loop.eventLoop)
            call.isRunning = true
            call.task = Task.immediate(executorPreference: loop.executor) {
                do throws(GRPCStatus) {
                    let message = try await operation()
                    bound.value.sendReply(message)
                    bound.value.finish(.ok)
                } catch {
                    bound.value.finish(error)
                }
                bound.value.taskEnded()
            }
        }
    }

    /// The whole answer stands in the stream's reply.
    func answerReply(_ stream: Stream) {
        stream.pointee.flags.insert(.answered)
        if stream.pointee.flags.contains(.acceptsGzip) { compressReply(stream) }
        recorder.pointee.countUnsent(stream)
        submitAnswer(stream)
    }

    func makeCall(_ stream: Stream) -> ServerCall {
        let call = ServerCall(stream: stream, connection: self)
        stream.pointee.call = call
        return call
    }

    /// There is something to send on a streaming answer.
    func answerReady(_ stream: Stream) {
        recorder.pointee.countUnsent(stream)
        if !stream.pointee.flags.contains(.headersSent) {
            submitAnswer(stream)
        } else if stream.pointee.flags.contains(.deferred) {
            stream.pointee.flags.remove(.deferred)
            session.resumeData(stream: stream.pointee.id)
        }
        scheduleFlush()
    }

    func cancel(_ stream: Stream) {
        session.reset(stream: stream.pointee.id, error: .cancel)
        scheduleFlush()
    }

    /// Ends an answer: by trailers after its messages, or by a header block alone when there
    /// were none.
    func finish(_ stream: Stream, _ status: GRPCStatus, trailers: Metadata) {
        guard stream.pointee.isAnswerable else { return }
        stream.pointee.flags.insert(.answered)
        stream.pointee.status = status
        stream.pointee.trailers = trailers
        recorder.pointee.countUnsent(stream)
        let hasMessages = stream.pointee.call.map { !$0.outbound.isEmpty } ?? false
        if stream.pointee.flags.contains(.headersSent), stream.pointee.isAnswerRead {
            // Nothing is left that they could overtake, and they need no window.
            ServerCallbacks.submitTrailers(session.pointer, stream)
            scheduleFlush()
        } else if stream.pointee.flags.contains(.headersSent) || hasMessages {
            answerReady(stream)
        } else {
            var fields = [
                HeaderField(":status", "200"), HeaderField("content-type", "application/grpc"),
            ]
            if let call = stream.pointee.call {
                fields += HeaderField.fields(call.responseMetadata)
            }
            submitOnlyHeaders(stream, fields + HeaderField.trailers(status, metadata: trailers))
        }
    }

    /// Answers what is not gRPC in HTTP's own words.
    private func refuse(_ stream: Stream, httpStatus: String, _ status: GRPCStatus) {
        stream.pointee.flags.insert(.answered)
        stream.pointee.status = status
        submitOnlyHeaders(
            stream, [HeaderField(":status", httpStatus)] + HeaderField.trailers(status))
    }

    private func submitOnlyHeaders(_ stream: Stream, _ fields: [HeaderField]) {
        stream.pointee.flags.insert(.headersSent)
        HeaderBlock.withFields(fields) { block, count in
            _ = nghttp2_submit_response(session.pointer, stream.pointee.id, block, count, nil)
        }
        scheduleFlush()
    }

    /// Submits the response headers and the source of its messages.
    private func submitAnswer(_ stream: Stream) {
        stream.pointee.flags.insert(.headersSent)
        // One frame needs no turns.
        if stream.pointee.call != nil || stream.pointee.reply.count > HTTP2Session.frameBytes {
            session.takeTurns(stream: stream.pointee.id)
        }
        var provider = nghttp2_data_provider()
        provider.source.ptr = UnsafeMutableRawPointer(stream)
        provider.read_callback = ServerCallbacks.dataSource
        let isGzip = stream.pointee.flags.contains(.answersGzip)
        guard let call = stream.pointee.call, call.responseMetadata.count > 0 else {
            let fixed = isGzip ? HeaderBlock.gzipResponseHeaders : HeaderBlock.responseHeaders
            nghttp2_submit_response(
                session.pointer, stream.pointee.id, fixed.fields, fixed.count, &provider)
            return
        }
        var fields = [
            HeaderField(":status", "200"), HeaderField("content-type", "application/grpc"),
        ]
        if isGzip { fields.append(HeaderField("grpc-encoding", "gzip")) }
        fields += HeaderField.fields(call.responseMetadata)
        HeaderBlock.withFields(fields) { block, count in
            _ = nghttp2_submit_response(
                session.pointer, stream.pointee.id, block, count, &provider)
        }
    }
}
