// A connection to a gRPC server; safe to use from any task.

package import NIOCore
import NIOPosix

/// One HTTP/2 connection and the calls on it.
package final class ClientConnection: Sendable {
    /// The largest message taken from a server, in bytes.
    package static let messageBytes = 16 << 20

    private let channel: any Channel
    private let handler: NIOLoopBound<ClientConnectionHandler>

    /// Connects and waits for the server's greeting. Throws UNAVAILABLE when nobody answers
    /// there, or not in HTTP/2, or not within `timeout`.
    package static func connect(
        host: String, port: Int, group: any EventLoopGroup, timeout: Duration = .seconds(5)
    ) async throws(GRPCStatus) -> ClientConnection {
        do {
            let bootstrap = ClientBootstrap(group: group)
                .connectTimeout(TimeAmount(timeout))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            let (channel, handler, ready) = try await bootstrap.connect(host: host, port: port) {
                channel in
                channel.eventLoop.makeCompletedFuture {
                    let ready = channel.eventLoop.makePromise(of: Void.self)
                    let handler = ClientConnectionHandler(
                        authority: authority, messageBytes: messageBytes, ready: ready)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                    return (channel, bound, ready.futureResult)
                }
            }
            let timer = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
                channel.close(promise: nil)
            }
            defer { timer.cancel() }
            try await ready.get()
            return ClientConnection(channel: channel, handler: handler)
        } catch let status as GRPCStatus {
            throw status
        } catch {
            throw GRPCStatus(.unavailable, "no server at \(host):\(port): \(error)")
        }
    }

    init(channel: any Channel, handler: NIOLoopBound<ClientConnectionHandler>) {
        self.channel = channel
        self.handler = handler
    }

    /// Opens a call of any kind. Throws UNAVAILABLE when the connection is gone.
    package func stream(
        _ path: String, options: CallOptions = .init()
    ) async throws(GRPCStatus) -> ClientStream {
        let stream = ClientStream(connection: self)
        try await onLoop { handler, promise in
            let call = ClientCall(stream: stream)
            do throws(GRPCStatus) {
                try handler.open(path, options, call)
                stream.attach(NIOLoopBound(call, eventLoop: self.channel.eventLoop))
                promise.succeed()
            } catch {
                promise.fail(error)
            }
        }
        return stream
    }

    /// One message each way. Throws any status but OK.
    package func unary(
        _ path: String, _ request: [UInt8], options: CallOptions = .init()
    ) async throws(GRPCStatus) -> [UInt8] {
        let stream = try await stream(path, options: options)
        try await stream.send(request)
        try await stream.finishSending()
        guard let reply = try await stream.next() else {
            throw GRPCStatus(.internal, "the server answered OK without a message")
        }
        guard try await stream.next() == nil else {
            stream.cancel()
            throw GRPCStatus(.internal, "the server answered with more than one message")
        }
        return reply
    }

    /// Whether it is open.
    var isActive: Bool { channel.isActive }

    /// Closes the connection; calls in flight end with UNAVAILABLE.
    package func close() async {
        channel.close(promise: nil)
        // It is closed either way; how does not matter to anybody.
        _ = try? await channel.closeFuture.get()
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
