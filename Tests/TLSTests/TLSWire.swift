// A server and a client of TLS joined in memory; one thread, no network.

import NIOCore
import NIOEmbedded

@testable import TLS

/// What stands behind a TLS handler in a test: it notes what it hears.
final class Endpoint: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var events: [String] = []
    private(set) var peer: TLSPeer?
    private(set) var received = ByteBuffer()
    private(set) var errors: [TLSError] = []
    /// What it does when it may write again.
    var writable: () -> Void = {}

    var text: String { String(buffer: received) }

    func channelActive(context: ChannelHandlerContext) { events.append("active") }

    func channelInactive(context: ChannelHandlerContext) { events.append("inactive") }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { writable() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let completed = event as? TLSHandler.HandshakeCompleted {
            peer = completed.peer
            events.append("completed")
        } else if event as? ChannelEvent == .inputClosed {
            events.append("input closed")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        events.append("error")
        if let error = error as? TLSError { errors.append(error) }
    }
}

/// Takes the close of one direction for the embedded channel, which would close altogether.
final class HalfCloser: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        promise?.succeed()
    }
}

/// One side: its channel, its handler, and what stands behind it.
final class WireEnd {
    let channel = EmbeddedChannel()
    let handler: TLSHandler
    let end = Endpoint()

    init(_ handler: TLSHandler) throws {
        self.handler = handler
        try channel.pipeline.syncOperations.addHandlers([HalfCloser(), handler, end])
    }

    deinit {
        // Until it is closed, channel and handlers hold each other. Closing fails only where a
        // test has closed the channel itself.
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    func connect() throws {
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    func write(_ text: String) {
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    /// Bytes of the network arrive.
    func receive(_ bytes: ByteBuffer) {
        // A handler's error closes the channel, and tests look at that.
        _ = try? channel.writeInbound(bytes)
    }

    func output() -> ByteBuffer? {
        // Reading fails only for another type, which the handler never writes.
        (try? channel.readOutbound(as: ByteBuffer.self)) ?? nil
    }
}

/// Two ends whose bytes are carried over by hand.
final class TLSWire {
    let server: WireEnd
    let client: WireEnd
    /// How many bytes arrive at once; nil: as they were written.
    var pieceBytes: Int?

    init(
        server: TLSServerContext, client: TLSClientContext, name: String = "localhost",
        pieceBytes: Int? = nil
    ) throws {
        self.server = try WireEnd(server.makeHandler())
        self.client = try WireEnd(try client.makeHandler(serverName: name))
        self.pieceBytes = pieceBytes
        try self.server.connect()
        try self.client.connect()
        pump()
    }

    /// Joins ends of these configurations.
    convenience init(
        _ server: TLSServerConfiguration, _ client: TLSClientConfiguration,
        name: String = "localhost", pieceBytes: Int? = nil
    ) throws {
        try self.init(
            server: TLSServerContext(server), client: TLSClientContext(client), name: name,
            pieceBytes: pieceBytes)
    }

    /// Carries bytes both ways until neither side has anything more to say.
    func pump() {
        while carry(from: client, to: server) || carry(from: server, to: client) {}
    }

    /// Carries what there is; false when there is nothing.
    @discardableResult
    func carry(from: WireEnd, to: WireEnd) -> Bool {
        from.channel.embeddedEventLoop.run()
        guard var bytes = from.output() else { return false }
        while let piece = bytes.readSlice(length: min(bytes.readableBytes, pieceBytes ?? .max)),
            piece.readableBytes > 0
        {
            to.receive(piece)
        }
        return true
    }

    /// Ends the wire as somebody who asks nobody does.
    func cut() {
        server.channel.pipeline.fireChannelInactive()
        client.channel.pipeline.fireChannelInactive()
    }

    /// Ends it as both sides would.
    func close() {
        client.channel.close(promise: nil)
        pump()
    }
}

extension TLSServerConfiguration {
    /// A server with the certificate for localhost.
    static func test(
        _ folder: CertificateFolder, policy: ClientCertificatePolicy = .off,
        highest: TLSVersion = .v13
    ) -> TLSServerConfiguration {
        var configuration = TLSServerConfiguration(
            certificateFile: folder.file("server.pem"), keyFile: folder.file("server-key.pem"),
            clientCAFile: policy == .off ? nil : folder.file("ca.pem"), clientCertificates: policy)
        configuration.highestVersion = highest
        return configuration
    }
}

extension TLSClientConfiguration {
    /// A client that trusts the folder's authority.
    static func test(
        _ folder: CertificateFolder, certificate: String? = nil, highest: TLSVersion = .v13
    ) -> TLSClientConfiguration {
        var configuration = TLSClientConfiguration(
            caFile: folder.file("ca.pem"),
            certificateFile: certificate.map { folder.file($0 + ".pem") },
            keyFile: certificate.map { folder.file($0 + "-key.pem") })
        configuration.highestVersion = highest
        return configuration
    }
}
