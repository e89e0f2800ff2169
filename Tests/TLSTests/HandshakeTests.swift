// Checks who gets through a handshake, who does not, and what each side is told.

import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite("TLS: handshakes")
struct HandshakeTests {
    private let folder: CertificateFolder

    init() throws {
        folder = try CertificateFolder.shared.get()
    }

    @Test("both versions", arguments: [(TLSVersion.v12, "TLSv1.2"), (.v13, "TLSv1.3")])
    func versions(_ version: TLSVersion, name: String) throws {
        let wire = try TLSWire(.test(folder), .test(folder, highest: version))
        for end in [wire.client.end, wire.server.end] {
            #expect(end.events == ["completed", "active"])
            let peer = try #require(end.peer)
            #expect(peer.protocolVersion == name)
            #expect(peer.applicationProtocol == "h2")
            #expect(peer.serverName == "localhost")
            #expect(!peer.isResumed)
            #expect(peer.cipher.contains("GCM") || peer.cipher.contains("CHACHA20"))
        }
        #expect(wire.server.end.peer?.identity == nil)
        #expect(
            wire.client.end.peer?.identity?.names == ["DNS:localhost", "IP:127.0.0.1", "IP:::1"])
        wire.client.write("ping")
        wire.server.write("pong")
        wire.pump()
        #expect(wire.server.end.text == "ping")
        #expect(wire.client.end.text == "pong")
    }

    @Test("a server that speaks 1.2 at most is met there")
    func lowServer() throws {
        let wire = try TLSWire(.test(folder, highest: .v12), .test(folder))
        #expect(wire.client.end.peer?.protocolVersion == "TLSv1.2")
    }

    @Test("a client that offers another protocol gets the alert", arguments: [["http/1.1"], []])
    func protocolRefused(offered: [String]) throws {
        var client = TLSClientConfiguration.test(folder)
        client.applicationProtocols = offered
        let wire = try TLSWire(.test(folder), client)
        let refusal = try #require(wire.server.end.errors.first)
        #expect(refusal.code == .handshake)
        #expect(refusal.message.contains("application protocol"))
        #expect(wire.server.end.events == ["error"])
        #expect(
            wire.client.end.errors.map(\.message) == [
                "the peer ended the connection: it shares no application protocol (ALPN) with this "
                    + "side"
            ])
        #expect(!wire.client.channel.isActive && !wire.server.channel.isActive)
    }

    @Test("a client refuses a server that chose no protocol")
    func protocolNotChosen() throws {
        var server = TLSServerConfiguration.test(folder)
        server.applicationProtocols = []
        let wire = try TLSWire(server, .test(folder))
        #expect(wire.client.end.events == ["error"])
        #expect(wire.client.end.errors.first?.message.contains("chose no application") == true)
    }

    @Test("without protocols on either side none is agreed on")
    func noProtocols() throws {
        var server = TLSServerConfiguration.test(folder)
        var client = TLSClientConfiguration.test(folder)
        (server.applicationProtocols, client.applicationProtocols) = ([], [])
        let wire = try TLSWire(server, client)
        #expect(wire.server.end.events == ["completed", "active"])
        #expect(wire.server.end.peer?.applicationProtocol == nil)
    }

    @Test(
        "names and addresses of the certificate are accepted",
        arguments: ["localhost", "LOCALHOST", "127.0.0.1", "::1"])
    func rightNames(name: String) throws {
        let wire = try TLSWire(.test(folder), .test(folder), name: name)
        #expect(wire.client.end.events == ["completed", "active"])
        let isAddress = name.contains("1")
        #expect(wire.server.end.peer?.serverName == (isAddress ? nil : name))
    }

    @Test(
        "others are refused, with the reason in words",
        arguments: [
            ("example.org", "hostname mismatch"), ("127.0.0.2", "IP address mismatch"),
            ("localhost.example", "hostname mismatch"),
        ])
    func wrongNames(name: String, words: String) throws {
        let wire = try TLSWire(.test(folder), .test(folder), name: name)
        #expect(wire.client.end.events == ["error"])
        let error = try #require(wire.client.end.errors.first)
        #expect(error.code == .handshake)
        #expect(error.message.lowercased().contains(words.lowercased()))
        #expect(wire.server.end.errors.count == 1)
    }

    @Test("what cannot be a server's name is refused", arguments: ["", "a b", "ä", "a\u{0}b"])
    func noNames(name: String) throws {
        let context = try TLSClientContext(.test(folder))
        #expect(throws: TLSError.self) { try context.makeHandler(serverName: name) }
        #expect(throws: TLSError.self) {
            try context.makeHandler(serverName: String(repeating: "a", count: 254))
        }
    }

    @Test("an unknown authority and an expired certificate are refused")
    func untrusted() throws {
        let other = try CertificateFolder()
        defer { other.remove() }
        let stranger = try TLSWire(.test(other), .test(folder))
        #expect(stranger.client.end.errors.first?.message.contains("unable to get") == true)
        #expect(stranger.server.end.errors.first?.message.contains("authority") == true)

        try other.sign("expired", alternativeNames: "DNS:localhost", days: -1)
        var server = TLSServerConfiguration.test(other)
        server.certificateFile = other.file("expired.pem")
        server.keyFile = other.file("expired-key.pem")
        let late = try TLSWire(server, .test(other))
        #expect(late.client.end.errors.first?.message.contains("has expired") == true)
        #expect(late.client.end.events == ["error"])
    }

    @Test("whoever asks for no proof gets a connection, and no identity")
    func unverified() throws {
        var client = TLSClientConfiguration.test(folder)
        client.caFile = nil
        client.verifiesServer = false
        let wire = try TLSWire(.test(folder), client, name: "elsewhere")
        #expect(wire.client.end.events == ["completed", "active"])
        #expect(wire.client.end.peer?.identity == nil)
        #expect(wire.server.end.peer?.serverName == "elsewhere")
    }

    @Test("the system's authorities do not know the development one")
    func systemTrust() throws {
        var client = TLSClientConfiguration.test(folder)
        client.caFile = nil
        let wire = try TLSWire(.test(folder), client)
        #expect(wire.client.end.errors.count == 1)
    }

    @Test(
        "who does not speak TLS is closed",
        arguments: [
            "GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            String(repeating: "\u{7F}", count: 70_000),
        ])
    func noTLS(text: String) throws {
        let server = try WireEnd(try TLSServerContext(.test(folder)).makeHandler())
        try server.connect()
        server.receive(ByteBuffer(string: text))
        #expect(!server.channel.isActive)
        #expect(server.end.errors.map(\.message) == ["the peer does not speak TLS"])
        #expect(server.end.events == ["error"])
    }

    @Test(
        "what only looks like a ClientHello is answered with an alert and closed",
        arguments: [
            [0, 0, 0, 1, 0], [1, 0, 0, 1, 0], [1, 0, 0, 4, 3, 3, 0, 0], [2, 0, 0, 1, 9],
        ])
    func brokenHello(message: [UInt8]) throws {
        let server = try WireEnd(try TLSServerContext(.test(folder)).makeHandler())
        try server.connect()
        server.receive(ByteBuffer(bytes: [0x16, 3, 1, 0, UInt8(message.count)] + message))
        let answer = try #require(server.output())
        #expect(answer.getInteger(at: 0, as: UInt8.self) == 0x15)
        #expect(!server.channel.isActive)
        #expect(server.end.events == ["error"])
    }

    @Test("a peer that stops in the middle is closed when its time is up")
    func timeout() throws {
        let server = try WireEnd(try TLSServerContext(.test(folder)).makeHandler())
        try server.connect()
        server.receive(ByteBuffer(bytes: [0x16, 3, 1]))
        server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
        #expect(server.end.events.isEmpty && server.channel.isActive)
        server.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(server.end.events == ["error"])
        #expect(server.end.errors.map(\.code) == [.handshakeTimeout])
        #expect(!server.channel.isActive)
    }

    @Test("an established connection has no such time")
    func noTimeout() throws {
        let wire = try TLSWire(.test(folder), .test(folder))
        wire.server.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        wire.client.write("still here")
        wire.pump()
        #expect(wire.server.end.text == "still here")
    }
}
