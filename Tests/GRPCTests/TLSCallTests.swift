// Checks calls over TLS on the pipelines of server and client; one thread, no network.

import Locks
import NIOCore
import NIOEmbedded
import TLS
import Testing

@testable import GRPC

@Suite("Calls over TLS")
struct TLSCallTests {
    private let folder: String

    init() throws {
        folder = try TestCertificates.folder.get()
    }

    @Test("a unary call and a stream know who calls")
    func identity() throws {
        let wire = try TLSCallWire(folder, policy: .required, certificate: "client")
        #expect(try wire.call("/test.Who/Unary") == ["CN=client,O=Cache Manager"])
        #expect(try wire.call("/test.Who/Stream") == ["CN=client,O=Cache Manager"])
        #expect(wire.rejections.withLock { $0 }.isEmpty)
    }

    @Test("who shows no certificate is nobody, where none is required")
    func nobody() throws {
        let wire = try TLSCallWire(folder, policy: .optional, certificate: nil)
        #expect(try wire.call("/test.Who/Unary") == ["nobody"])
        #expect(try wire.call("/test.Who/Stream") == ["nobody"])
    }

    @Test("for a peer that fails the handshake no connection comes to be")
    func failed() throws {
        let wire = try TLSCallWire(folder, policy: .required, certificate: nil)
        #expect(!wire.hasConnection)
        #expect(!wire.server.isActive && !wire.client.isActive)
        #expect(
            wire.rejections.withLock { $0 } == [
                "tls_handshake 127.0.0.1: "
                    + "the peer showed no certificate, and one is required here"
            ])
        #expect(wire.loop.shared.rejections == [.tlsHandshake: 1])
    }

    @Test("a peer that comes and goes is no failure")
    func comesAndGoes() throws {
        let wire = try TLSCallWire(folder, policy: .off, certificate: nil, connects: false)
        wire.server.pipeline.fireChannelInactive()
        #expect(!wire.hasConnection)
        #expect(wire.rejections.withLock { $0 }.isEmpty)
    }

    @Test("a drain does not wait for a handshake")
    func drain() throws {
        let wire = try TLSCallWire(folder, policy: .off, certificate: nil, connects: false)
        wire.loop.drain(grace: .seconds(10))
        #expect(!wire.server.isActive)
    }

    @Test("bytes that are no record of TLS end an open connection, counted and with a sentence")
    func brokenRecord() throws {
        let wire = try TLSCallWire(folder, policy: .off, certificate: nil)
        #expect(try wire.call("/test.Who/Unary").count == 1)
        // It ends the channel, which is what is looked at.
        _ = try? wire.server.writeInbound(ByteBuffer(bytes: [23, 3, 3, 0, 4, 1, 2, 3, 4]))
        #expect(!wire.server.isActive)
        #expect(wire.loop.shared.rejections == [.protocolError: 1])
        let said = wire.rejections.withLock { $0 }
        #expect(said.count == 1 && said[0].hasPrefix("protocol_error 127.0.0.1: "))
        #expect(said[0].count > "protocol_error 127.0.0.1: ".count)
    }
}

/// A server and a client connection with TLS between, whose bytes are carried over by hand.
private final class TLSCallWire {
    let server = EmbeddedChannel()
    let client = EmbeddedChannel()
    let loop: ServerLoop
    /// What the server's callback heard of rejected connections.
    let rejections: SharedList<String> = .init([])
    private let clientHandler: ClientConnectionHandler
    private let connection: ClientConnection

    var hasConnection: Bool {
        // Absent, it is an error.
        (try? server.pipeline.syncOperations.handler(type: ServerConnectionHandler.self)) != nil
    }

    init(
        _ folder: String, policy: ClientCertificatePolicy, certificate: String?,
        connects: Bool = true
    ) throws {
        let shared = ServerShared(services: [Who.service], limits: ServerLimits()) {
            [rejections] reason, detail, peer in
            rejections.withLock { $0.append("\(reason.rawValue) \(peer): \(detail ?? "")") }
        }
        loop = ServerLoop(index: 0, eventLoop: server.eventLoop, shared: shared, seed: 1)
        let context = try TLSServerContext(
            TLSServerConfiguration(
                certificateFile: folder + "/server.pem", keyFile: folder + "/server-key.pem",
                clientCAFile: folder + "/ca.pem", clientCertificates: policy))
        try GRPCServer.addHandlers(to: server, loop: loop, tls: context)
        let trust = try TLSClientContext(
            TLSClientConfiguration(
                caFile: folder + "/ca.pem",
                certificateFile: certificate.map { "\(folder)/\($0).pem" },
                keyFile: certificate.map { "\(folder)/\($0)-key.pem" }))
        var setup = ConnectionSetup(authority: "localhost")
        setup.tls = (trust, "localhost")
        let report = ConnectionReport()
        clientHandler = ClientConnectionHandler(
            setup: setup, ready: client.eventLoop.makePromise(of: Void.self), report: report)
        connection = ClientConnection(
            channel: client, handler: NIOLoopBound(clientHandler, eventLoop: client.eventLoop),
            report: report)
        try client.pipeline.syncOperations.addHandlers([
            trust.makeHandler(serverName: "localhost"), clientHandler,
        ])
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        server.connect(to: address, promise: nil)
        client.connect(to: address, promise: nil)
        if connects { pump() }
    }

    deinit {
        // Closing fails only where the channel is closed already.
        _ = try? server.finish(acceptAlreadyClosed: true)
        _ = try? client.finish(acceptAlreadyClosed: true)
    }

    /// The messages that a call of one empty message brings.
    func call(_ path: String) throws -> [String] {
        let stream = ClientStream(connection: connection)
        let call = ClientCall(stream: stream)
        try clientHandler.open(path, .init(), call)
        stream.attach(NIOLoopBound(call, eventLoop: client.eventLoop))
        clientHandler.send(
            FramedMessage([]), on: call, client.eventLoop.makePromise(of: Void.self))
        clientHandler.finishSending(call)
        pump()
        var texts: [String] = []
        while let message = stream.take().0 {
            texts.append(String(decoding: message, as: UTF8.self))
        }
        return texts
    }

    private func pump() {
        while carry(client, server) || carry(server, client) {}
    }

    private func carry(_ from: EmbeddedChannel, _ to: EmbeddedChannel) -> Bool {
        from.embeddedEventLoop.run()
        // Reading fails only for another type, which the handlers never write.
        guard let bytes = (try? from.readOutbound(as: ByteBuffer.self)) ?? nil else { return false }
        // A handler's error closes the channel, and tests look at that.
        _ = try? to.writeInbound(bytes)
        return true
    }
}

/// A list that closures on any thread add to.
private final class SharedList<Element: Sendable>: Sendable {
    private let elements: Locked<[Element]>

    init(_ elements: [Element]) { self.elements = Locked(elements) }

    func withLock<Result: Sendable>(_ body: (inout [Element]) -> Result) -> Result {
        elements.withLock { body(&$0) }
    }
}

/// Answers with the caller's subject.
private final class Who: ServerCallHandler {
    static let service = Service(
        "test.Who",
        methods: [
            Method(
                "Unary",
                .unary { request, reply in
                    let text = subject(request.peer)
                    reply.reserve(text.utf8.count).copyBytes(from: Array(text.utf8))
                    return .replied
                }),
            Method("Stream", .stream(clientStreaming: true) { Who($0) }),
        ])

    private let call: ServerCall

    init(_ call: ServerCall) { self.call = call }

    func received(_ message: UnsafeRawBufferPointer) {
        call.send(FramedMessage(Array(Self.subject(call.peer).utf8)))
        call.finish(GRPCStatus(.ok))
    }

    private static func subject(_ peer: TLSPeer?) -> String {
        peer?.identity?.subject ?? "nobody"
    }
}
