// The connection against the real server, with TLS.

import NIOCore
import NIOPosix
import TLS
import Testing

@testable import RedisClient

/// TLS with the real server.
@Suite(.realServers) struct RedisTLSTests {
    private static func configuration(
        _ folder: TestCertificates, ca: String = "ca.pem", showsCertificate: Bool = true
    ) throws -> RedisConnectionConfiguration {
        var configuration = RedisConnectionConfiguration()
        configuration.tls = try TLSClientContext(
            TLSClientConfiguration(
                caFile: folder.file(ca),
                certificateFile: showsCertificate ? folder.file("client.pem") : nil,
                keyFile: showsCertificate ? folder.file("client-key.pem") : nil,
                applicationProtocols: []))
        return configuration
    }

    private static func refusal(
        _ address: RedisAddress, _ configuration: RedisConnectionConfiguration
    ) async throws -> RedisError {
        try await #require(throws: RedisError.self) {
            try await TestConnection(to: address, configuration)
        }
    }

    @Test func bothSidesProveWhoTheyAre() async throws {
        let folder = try TestCertificates.shared.get()
        let server = try RedisServer(certificates: folder.ofServer)
        var configuration = try Self.configuration(folder)
        let client = try await TestConnection(to: server.tlsAddress, configuration)
        #expect(try await client.send("SET", "a", "1").string == "OK")
        let large = String(repeating: "x", count: 300_000)
        #expect(try await client.send("ECHO", large).string == large)
        configuration.serverName = "localhost"
        let named = try await TestConnection(to: server.tlsAddress, configuration)
        #expect(try await named.send("GET", "a") == .text("1"))
    }

    @Test func whoeverProvesNothingIsRefused() async throws {
        let folder = try TestCertificates.shared.get()
        let server = try RedisServer(certificates: folder.ofServer)
        let nameless = try await Self.refusal(
            server.tlsAddress, try Self.configuration(folder, showsCertificate: false))
        #expect(nameless.code == .accessRefused, "\(nameless)")
        #expect(nameless.description.contains("no TLS with 127.0.0.1"))
        var configuration = try Self.configuration(folder)
        configuration.serverName = "other.example"
        let misnamed = try await Self.refusal(server.tlsAddress, configuration)
        #expect(misnamed.code == .accessRefused && misnamed.description.contains("certificate"))
        let stranger = try TestCertificates()
        defer { stranger.remove() }
        let distrusted = try await Self.refusal(
            server.tlsAddress, try Self.configuration(stranger, showsCertificate: false))
        #expect(distrusted.code == .accessRefused, "\(distrusted)")
    }

    @Test func oneSideWithoutTLSIsToldSo() async throws {
        let folder = try TestCertificates.shared.get()
        let server = try RedisServer(certificates: folder.ofServer)
        let plain = try await Self.refusal(server.tlsAddress, RedisConnectionConfiguration())
        #expect(plain.code == .connectFailed, "\(plain)")
        #expect(plain.description.hasPrefix("127.0.0.1:\(server.tlsPort) "), "\(plain)")
        #expect(plain.description.contains("write rediss:// instead of redis://"), "\(plain)")
        // Redis waits for the end of what it takes for a line.
        var configuration = try Self.configuration(folder)
        configuration.connectTimeout = .milliseconds(300)
        let covered = try await Self.refusal(server.address, configuration)
        #expect(covered.code == .connectFailed, "\(covered)")
        #expect(covered.description.hasPrefix("127.0.0.1:\(server.port) "), "\(covered)")
        #expect(covered.description.contains("write redis:// instead of rediss://"), "\(covered)")
        // TLS gives up first where its time is shorter.
        configuration.connectTimeout = .seconds(60)
        configuration.tls = try TLSClientContext(
            TLSClientConfiguration(
                caFile: folder.file("ca.pem"), certificateFile: nil, keyFile: nil,
                applicationProtocols: [], handshakeTimeout: .milliseconds(100)))
        let impatient = try await Self.refusal(server.address, configuration)
        #expect(impatient.description == covered.description)
    }

    /// What greets in lines breaks the handshake, and does not leave it waiting.
    @Test func aServerOfLinesIsNoServerOfTLS() async throws {
        let folder = try TestCertificates.shared.get()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SpeaksFirst())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        defer { listener.close(promise: nil) }
        let port = try #require(listener.localAddress?.port)
        let error = try await Self.refusal(
            .tcp(host: "127.0.0.1", port: port), try Self.configuration(folder))
        #expect(error.description.contains("write redis:// instead of rediss://"), "\(error)")
    }
}

/// Says a line as soon as it is connected.
private final class SpeaksFirst: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        let line = ByteBuffer(string: "-ERR unknown command\r\n")
        context.writeAndFlush(NIOAny(line), promise: nil)
    }
}
