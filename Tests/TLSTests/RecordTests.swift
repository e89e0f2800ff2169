// Checks the way of the bytes: pieces, sizes, back-pressure, writes that come too early.

import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite("TLS: bytes")
struct RecordTests {
    private let folder: CertificateFolder

    init() throws {
        folder = try CertificateFolder.shared.get()
    }

    @Test("bytes that come one by one", arguments: [TLSVersion.v12, .v13])
    func singleBytes(version: TLSVersion) throws {
        let wire = try TLSWire(
            .test(folder, policy: .required),
            .test(folder, certificate: "client", highest: version), pieceBytes: 1)
        #expect(wire.server.end.peer?.identity != nil)
        wire.client.write("one")
        wire.client.write("two")
        wire.server.write(String(repeating: "x", count: 20_000))
        wire.pump()
        #expect(wire.server.end.text == "onetwo")
        #expect(wire.client.end.received.readableBytes == 20_000)
    }

    @Test("16 MiB in one write, and as one answer")
    func large() throws {
        let wire = try TLSWire(.test(folder), .test(folder))
        var bytes = ByteBuffer()
        for index in 0..<(2 << 20) { bytes.writeInteger(UInt64(index)) }
        wire.client.channel.writeAndFlush(bytes, promise: nil)
        wire.pump()
        #expect(wire.server.end.received == bytes)
        #expect(wire.server.handler.connection.pool.keptBytes <= 2 * TLSBufferPool.maxKeptBytes)
        #expect(wire.client.handler.connection.pool.keptBytes <= 2 * TLSBufferPool.maxKeptBytes)
    }

    @Test("16 MiB in pieces, each when the channel is writable again")
    func backPressure() throws {
        let wire = try TLSWire(.test(folder), .test(folder), pieceBytes: 10_000)
        let piece = ByteBuffer(repeating: 7, count: 64 << 10)
        var left = 256
        var mostWaiting = 0
        var waiting = 0
        let channel = wire.server.channel
        func write() {
            while channel.isWritable, left > 0 {
                left -= 1
                channel.writeAndFlush(piece, promise: nil)
                waiting += 1
                mostWaiting = max(mostWaiting, waiting)
                if waiting == 4 { channel.isWritable = false }
            }
        }
        wire.server.end.writable = write
        write()
        while left > 0 {
            while wire.carry(from: wire.server, to: wire.client) {}
            waiting = 0
            channel.isWritable = true
            channel.pipeline.fireChannelWritabilityChanged()
        }
        wire.pump()
        #expect(wire.client.end.received.readableBytes == 16 << 20)
        #expect(mostWaiting == 4)
    }

    @Test("what is written before the handshake goes out behind it, in order")
    func early() throws {
        let context = try TLSServerContext(.test(folder))
        let client = try WireEnd(
            try TLSClientContext(.test(folder)).makeHandler(serverName: "localhost"))
        var sent: [String] = []
        for text in ["one", "two", ""] {
            client.channel.writeAndFlush(ByteBuffer(string: text)).assumeIsolated().whenSuccess {
                sent.append(text)
            }
        }
        try client.connect()
        let server = try WireEnd(context.makeHandler())
        try server.connect()
        #expect(sent.isEmpty)
        var moved = true
        while moved {
            moved = false
            while let bytes = client.output() { server.receive(bytes); moved = true }
            while let bytes = server.output() { client.receive(bytes); moved = true }
        }
        #expect(sent == ["one", "two", ""])
        #expect(server.end.text == "onetwo")
    }

    @Test("what waits for the handshake is bounded, and fails with it")
    func earlyBounds() throws {
        let context = try TLSClientContext(.test(folder))
        for (count, size) in [(TLSHandler.maxHeldWrites + 1, 1), (2, TLSHandler.maxHeldBytes)] {
            let client = try WireEnd(try context.makeHandler(serverName: "localhost"))
            try client.connect()
            var failures = 0
            for _ in 0..<count {
                client.channel.write(ByteBuffer(repeating: 1, count: size))
                    .assumeIsolated().whenFailure { _ in failures += 1 }
            }
            #expect(failures == count)
            #expect(client.end.events == ["error"])
            #expect(!client.channel.isActive)
        }
    }

    @Test("a byte changed on the way ends the connection", arguments: [TLSVersion.v12, .v13])
    func tampered(version: TLSVersion) throws {
        let wire = try TLSWire(.test(folder), .test(folder, highest: version))
        wire.client.write("transfer 1")
        var bytes = try #require(wire.client.output())
        let last = bytes.writerIndex - 1
        bytes.setInteger(bytes.getInteger(at: last, as: UInt8.self)! ^ 1, at: last)
        wire.server.receive(bytes)
        #expect(wire.server.end.text.isEmpty)
        #expect(wire.server.end.errors.map(\.code) == [.protocolViolation])
        #expect(wire.server.end.events == ["completed", "active", "error", "inactive"])
        wire.pump()
        #expect(wire.client.end.errors.first?.message.contains("integrity check") == true)
    }

    @Test("an idle pair of connections holds no buffer but the pool's")
    func pool() throws {
        let context = try TLSServerContext(.test(folder))
        let client = try TLSClientContext(.test(folder))
        let wire = try TLSWire(server: context, client: client)
        for _ in 0..<100 {
            wire.client.write(String(repeating: "x", count: 1_000))
            wire.server.write("y")
            wire.pump()
        }
        #expect(wire.server.handler.connection.pool.keptBytes < 128 << 10)
    }
}
