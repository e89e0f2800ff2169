// A connection to a gRPC server; safe to use from any task.

import NIOCore

/// One HTTP/2 connection and the calls on it.
final class ClientConnection: Sendable {
    /// The largest message taken from a server, in bytes.
    static let messageBytes = 16 << 20

    private let channel: any Channel
    private let handler: NIOLoopBound<ClientConnectionHandler>
    private let report: ConnectionReport

    init(
        channel: any Channel, handler: NIOLoopBound<ClientConnectionHandler>,
        report: ConnectionReport
    ) {
        self.channel = channel
        self.handler = handler
        self.report = report
    }

    /// Whether a call may be begun here.
    var takesCalls: Bool { report.takesCalls }

    /// Whether it is open.
    var isActive: Bool { channel.isActive }

    // MARK: - Calls

    /// Opens a call, and waits while the server takes no more of them.
    func open(
        _ stream: ClientStream, _ path: String, _ options: CallOptions
    ) async throws(GRPCStatus) {
        let result = await withTaskCancellationHandler {
            await openOnLoop(stream, path, options)
        } onCancel: {
            stream.cancel()
        }
        try result.get()
    }

    private func openOnLoop(
        _ stream: ClientStream, _ path: String, _ options: CallOptions
    ) async -> Result<Void, GRPCStatus> {
        do throws(GRPCStatus) {
            try await onLoop { handler, promise in
                let call = ClientCall(stream: stream)
                do throws(GRPCStatus) {
                    try handler.open(path, options, call, opened: promise)
                    stream.attach(NIOLoopBound(call, eventLoop: self.channel.eventLoop))
                    // The task may have been cancelled before there was a call to cancel.
                    if stream.isGivenUp { handler.cancel(call, .cancelledByCaller) }
                } catch {
                    promise.fail(error)
                }
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// Opens a call, sends its one message and ends the sending, all in one turn of the loop;
    /// how that went is for the stream to tell.
    func start(
        _ path: String, _ request: FramedMessage, _ options: CallOptions
    ) -> ClientStream {
        let stream = ClientStream(connection: self)
        fireOnLoop { handler in
            let call = ClientCall(stream: stream)
            do throws(GRPCStatus) {
                try handler.open(path, options, call)
                stream.attach(NIOLoopBound(call, eventLoop: self.channel.eventLoop))
                handler.send(request, on: call, nil)
                handler.finishSending(call)
            } catch {
                stream.end(error, headers: Metadata(), trailers: Metadata())
            }
        }
        return stream
    }

    // MARK: - The end

    /// Takes no more calls, and closes once those that are open have ended.
    func retire() {
        report.stopTaking()
        fireOnLoop { $0.retire() }
    }

    /// Closes the connection; calls in flight end with UNAVAILABLE.
    @discardableResult
    func closeNow() -> EventLoopFuture<Void> {
        report.stopTaking()
        channel.close(promise: nil)
        return channel.closeFuture
    }

    // MARK: - Onto the event loop

    func onLoop(
        _ body: @escaping @Sendable (ClientConnectionHandler, EventLoopPromise<Void>) -> Void
    ) async throws(GRPCStatus) {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        channel.eventLoop.execute { body(self.handler.value, promise) }
        do {
            try await promise.futureResult.get()
        } catch let status as GRPCStatus {
            throw status
        } catch {
            throw GRPCStatus(.internal, "\(error)")
        }
    }

    func fireOnLoop(_ body: @escaping @Sendable (ClientConnectionHandler) -> Void) {
        channel.eventLoop.execute { body(self.handler.value) }
    }
}
