// Checks the ends of a connection: clean, half, cut short.

import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite("TLS: closing")
struct ClosingTests {
    private let wire: TLSWire

    init() throws {
        let folder = try CertificateFolder.shared.get()
        wire = try TLSWire(.test(folder), .test(folder))
    }

    @Test("a clean close is no error on either side")
    func clean() throws {
        wire.server.write("last words")
        wire.server.channel.close(promise: nil)
        wire.pump()
        #expect(wire.client.end.text == "last words")
        for end in [wire.client, wire.server] {
            #expect(end.end.events == ["completed", "active", "inactive"])
            #expect(!end.channel.isActive)
        }
    }

    @Test("close_notify is answered with close_notify")
    func answered() throws {
        wire.client.channel.close(promise: nil)
        wire.carry(from: wire.client, to: wire.server)
        let answer = try #require(wire.server.output())
        // In TLS 1.3 an alert looks like data: a record of 2 + 1 + 16 bytes.
        #expect(answer.readableBytes == 5 + 19)
    }

    @Test("an end without close_notify is told, and is the end")
    func truncated() throws {
        wire.server.channel.pipeline.fireChannelInactive()
        #expect(wire.server.end.errors.map(\.code) == [.truncated])
        #expect(wire.server.end.events == ["completed", "active", "error", "inactive"])
    }

    @Test("so is the end of the input alone")
    func truncatedInput() throws {
        wire.server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(wire.server.end.errors.map(\.code) == [.truncated])
        #expect(!wire.server.channel.isActive)
        #expect(wire.server.end.events == ["completed", "active", "error", "inactive"])
    }

    @Test("a close in the handshake tells those behind that it failed, and no more")
    func inHandshake() throws {
        let context = try TLSServerContext(.test(try CertificateFolder.shared.get()))
        let server = try WireEnd(context.makeHandler())
        try server.connect()
        server.channel.pipeline.fireChannelInactive()
        #expect(server.end.events == ["error"])
        #expect(server.end.errors.map(\.code) == [.closed])
        let halfway = try WireEnd(context.makeHandler())
        try halfway.connect()
        halfway.receive(ByteBuffer(bytes: [0x16, 3, 1]))
        halfway.channel.pipeline.fireChannelInactive()
        #expect(halfway.end.events == ["error"])
        #expect(halfway.end.errors.map(\.code) == [.handshake])
        let closing = try WireEnd(context.makeHandler())
        try closing.connect()
        closing.channel.close(promise: nil)
        #expect(closing.end.events == ["error"])
        #expect(closing.end.errors.map(\.code) == [.closed])
    }

    @Test("who may go on alone hears that the input is closed, and answers")
    func halfClosed() throws {
        wire.server.channel.allowRemoteHalfClosure = true
        wire.client.channel.write(ByteBuffer(string: "question"), promise: nil)
        wire.client.channel.close(mode: .output, promise: nil)
        wire.carry(from: wire.client, to: wire.server)
        wire.carry(from: wire.client, to: wire.server)
        #expect(wire.server.end.text == "question")
        #expect(wire.server.end.events == ["completed", "active", "input closed"])
        wire.server.write("answer")
        wire.carry(from: wire.server, to: wire.client)
        #expect(wire.client.end.text == "answer")
        wire.server.channel.close(promise: nil)
        wire.pump()
        #expect(wire.server.end.errors.isEmpty && wire.client.end.errors.isEmpty)
    }

    @Test("what is written after the end fails")
    func writeAfter() throws {
        wire.client.channel.close(promise: nil)
        wire.pump()
        #expect(throws: (any Error).self) {
            try wire.client.channel.writeAndFlush(ByteBuffer(string: "late")).wait()
        }
    }
}
