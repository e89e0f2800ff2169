// A connection to a gRPC server; safe to use from any task.

package import NIOCore
import NIOPosix
package import TLS

/// One HTTP/2 connection and the calls on it.
package final class ClientConnection: Sendable {
    /// The largest message taken from a server, in bytes.
    package static let messageBytes = 16 << 20

    private let channel: any Channel
    private let handler: NIOLoopBound<ClientConnectionHandler>
    private let report: ConnectionReport

    /// Connects and waits for the server's greeting. Throws UNAVAILABLE when nobody answers
    /// there, or not in HTTP/2, or not within `timeout`. With `tls` the server has to prove that
    /// it is `host`.
    package static func connect(
        host: String, port: Int, group: any EventLoopGroup, timeout: Duration = .seconds(5),
        tls: TLSClientContext? = nil
    ) async throws(GRPCStatus) -> ClientConnection {
        let target = ClientTarget(host: host, port: port)
        let loop = group.next()
        var setup = ConnectionSetup(authority: target.authority)
        setup.tls = tls.map { ($0, host) }
        do {
            let addresses = try await NameResolver.resolve(target, on: loop).get()
            var failure = GRPCStatus(.unavailable)
            for address in addresses {
                let attempt = ConnectAttempt(loop: loop)
                do {
                    return try await attempt.start(
                        address, setup, timeout: TimeAmount(timeout),
                        report: ConnectionReport()
                    ).get()
                } catch {
                    failure = ConnectFailure.status("no server at \(target.authority)", error)
                }
            }
            throw failure
        } catch let status as GRPCStatus {
            throw status
        } catch {
            throw ConnectFailure.status("no server at \(target.authority)", error)
        }
    }

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

    /// Opens a call of any kind. Throws UNAVAILABLE when the connection is gone.
    package func stream(
        _ path: String, options: CallOptions = .init()
    ) async throws(GRPCStatus) -> ClientStream {
        let stream = ClientStream(connection: self)
        try await open(stream, path, options)
        return stream
    }

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

    /// One message each way. Throws any status but OK.
    package func unary(
        _ path: String, _ request: [UInt8], options: CallOptions = .init()
    ) async throws(GRPCStatus) -> [UInt8] {
        try await start(path, FramedMessage(request), options).onlyMessage()
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
    package func close() async {
        // It is closed either way; how does not matter to anybody.
        _ = try? await closeNow().get()
    }

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
