// A client and a server connection joined in memory; one thread, no network.

import NIOCore
import NIOEmbedded

@testable import GRPC

/// Two embedded channels whose bytes are carried over by hand.
final class CallWire {
    let server: EmbeddedChannel
    let client: EmbeddedChannel
    let serverHandler: ServerConnectionHandler
    let clientHandler: ClientConnectionHandler
    let loop: ServerLoop
    let connection: ClientConnection
    /// Everything that the server has sent, for tests that look at frames.
    private(set) var serverBytes: [UInt8] = []
    /// Whether bytes of the server reach the client.
    var clientReads = true

    init(_ services: [Service], limits: ServerLimits = ServerLimits()) throws {
        server = EmbeddedChannel()
        client = EmbeddedChannel()
        // Where a moment of the real clock is compared with theirs, they agree.
        server.embeddedEventLoop.advanceTime(to: .now())
        let shared = ServerShared(services: services, limits: limits, rejected: { _, _, _ in })
        loop = ServerLoop(index: 0, eventLoop: server.eventLoop, shared: shared, seed: 1)
        serverHandler = ServerConnectionHandler(loop: loop)
        var setup = ConnectionSetup(authority: "test")
        setup.messageBytes = 4 << 20
        let report = ConnectionReport()
        clientHandler = ClientConnectionHandler(
            setup: setup, ready: client.eventLoop.makePromise(of: Void.self), report: report)
        let bound = NIOLoopBound(clientHandler, eventLoop: client.eventLoop)
        connection = ClientConnection(channel: client, handler: bound, report: report)
        try server.pipeline.syncOperations.addHandler(serverHandler)
        try client.pipeline.syncOperations.addHandler(clientHandler)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        server.connect(to: address, promise: nil)
        client.connect(to: address, promise: nil)
        pump()
    }

    deinit {
        // Closing fails only where a test has closed the channel itself.
        _ = try? server.finish(acceptAlreadyClosed: true)
        _ = try? client.finish(acceptAlreadyClosed: true)
    }

    /// Carries bytes both ways until neither side has anything more to say.
    func pump() {
        var moved = true
        while moved {
            moved = false
            server.embeddedEventLoop.run()
            client.embeddedEventLoop.run()
            while let bytes = outbound(client) {
                moved = true
                inbound(server, bytes)
            }
            while clientReads, let bytes = outbound(server) {
                moved = true
                serverBytes += Array(bytes.readableBytesView)
                inbound(client, bytes)
            }
        }
    }

    /// Starts a call and sends these messages; `pumping` carries them over at once.
    func start(
        _ path: String, _ messages: [[UInt8]] = [], end: Bool = true, pumping: Bool = true,
        options: CallOptions = .init()
    ) throws -> (stream: ClientStream, call: ClientCall) {
        let stream = ClientStream(connection: connection)
        let call = ClientCall(stream: stream)
        try clientHandler.open(path, options, call)
        stream.attach(NIOLoopBound(call, eventLoop: client.eventLoop))
        for message in messages { send(message, call) }
        if end { clientHandler.finishSending(call) }
        if pumping { pump() }
        return (stream, call)
    }

    func send(_ message: [UInt8], _ call: ClientCall) {
        let promise = client.eventLoop.makePromise(of: Void.self)
        clientHandler.send(FramedMessage(message), on: call, promise)
    }

    /// Everything that has come on a stream.
    func drain(_ stream: ClientStream) -> (messages: [[UInt8]], status: GRPCStatus?) {
        var messages: [[UInt8]] = []
        while true {
            pump()
            let (message, status) = stream.take()
            guard let message else { return (messages, status) }
            messages.append(message)
        }
    }

    /// A whole call.
    func call(
        _ path: String, _ messages: [[UInt8]], options: CallOptions = .init()
    ) throws -> (messages: [[UInt8]], status: GRPCStatus?) {
        drain(try start(path, messages, options: options).stream)
    }

    private func outbound(_ channel: EmbeddedChannel) -> ByteBuffer? {
        // Reading fails only for another type, which the handlers never write.
        (try? channel.readOutbound(as: ByteBuffer.self)) ?? nil
    }

    private func inbound(_ channel: EmbeddedChannel, _ bytes: ByteBuffer) {
        // A handler's error closes the channel, and tests look at that.
        _ = try? channel.writeInbound(bytes)
    }
}
