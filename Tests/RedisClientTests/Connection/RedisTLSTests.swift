// The connection against the real server, with TLS.

import NIOCore
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
        #expect(plain.description.contains("expect TLS"), "\(plain)")
        // Redis waits for the end of what it takes for a line.
        var configuration = try Self.configuration(folder)
        configuration.connectTimeout = .milliseconds(300)
        let covered = try await Self.refusal(server.address, configuration)
        #expect(covered.code == .accessRefused || covered.code == .connectFailed, "\(covered)")
        #expect(covered.description.contains("127.0.0.1:\(server.port)"))
    }
}
