// Checks what a server makes of its clients' certificates.

import NIOEmbedded
import Testing

@testable import TLS

@Suite("TLS: client certificates")
struct ClientCertificateTests {
    private let folder: CertificateFolder

    init() throws {
        folder = try CertificateFolder.shared.get()
    }

    @Test("off: nobody is asked", arguments: [TLSVersion.v12, .v13])
    func off(version: TLSVersion) throws {
        let wire = try TLSWire(
            .test(folder), .test(folder, certificate: "client", highest: version))
        #expect(wire.server.end.events == ["completed", "active"])
        #expect(wire.server.end.peer?.identity == nil)
    }

    @Test("optional: who shows none has no identity", arguments: [TLSVersion.v12, .v13])
    func optional(version: TLSVersion) throws {
        let wire = try TLSWire(
            .test(folder, policy: .optional), .test(folder, highest: version))
        #expect(wire.server.end.events == ["completed", "active"])
        #expect(wire.server.end.peer?.identity == nil)
    }

    @Test(
        "who shows one is known by it",
        arguments: [ClientCertificatePolicy.optional, .required], [TLSVersion.v12, .v13])
    func identity(policy: ClientCertificatePolicy, version: TLSVersion) throws {
        let wire = try TLSWire(
            .test(folder, policy: policy),
            .test(folder, certificate: "client", highest: version))
        let identity = try #require(wire.server.end.peer?.identity)
        #expect(identity.subject == "CN=client,O=Cache Manager")
        #expect(identity.names == ["URI:spiffe://localhost/client"])
        #expect(identity.fingerprint.count == 64)
    }

    @Test("required: who shows none is told so", arguments: [TLSVersion.v12, .v13])
    func required(version: TLSVersion) throws {
        let wire = try TLSWire(
            .test(folder, policy: .required), .test(folder, highest: version))
        #expect(wire.server.end.events == ["error"])
        #expect(
            wire.server.end.errors.map(\.message) == [
                "the peer showed no certificate, and one is required here"
            ])
        #expect(!wire.client.channel.isActive)
        let told = try #require(wire.client.end.errors.first)
        #expect(told.message.hasPrefix("the peer ended the connection: it "))
    }

    @Test("an unknown authority or an expired one is refused under either policy")
    func refused() throws {
        let other = try CertificateFolder()
        defer { other.remove() }
        try other.sign("late", alternativeNames: "DNS:late", days: -1)
        for policy in [ClientCertificatePolicy.optional, .required] {
            var stranger = TLSClientConfiguration.test(other, certificate: "client")
            stranger.caFile = folder.file("ca.pem")
            let unknown = try TLSWire(.test(folder, policy: policy), stranger)
            #expect(unknown.server.end.events == ["error"])
            #expect(unknown.server.end.errors.first?.message.contains("refused") == true)
            let late = try TLSWire(
                .test(other, policy: policy), .test(other, certificate: "late"))
            #expect(late.server.end.errors.first?.message.contains("has expired") == true)
            #expect(late.client.end.errors.first?.message.contains("expired") == true)
        }
    }

    @Test("a server's certificate is not a client's")
    func purpose() throws {
        let wire = try TLSWire(
            .test(folder, policy: .required), .test(folder, certificate: "server"))
        #expect(wire.server.end.errors.first?.message.contains("purpose") == true)
    }

    @Test("alternative names of every kind are told, others are left out")
    func names() throws {
        let other = try CertificateFolder()
        defer { other.remove() }
        try other.sign(
            "many",
            alternativeNames: "DNS:a.example,URI:spiffe://x/y,email:a@b.example,IP:10.0.0.1,"
                + "IP:2001:db8::1,RID:1.2.3.4,DNS:" + String(repeating: "a", count: 1_025))
        let wire = try TLSWire(
            .test(other, policy: .required), .test(other, certificate: "many"))
        #expect(
            wire.server.end.peer?.identity?.names == [
                "DNS:a.example", "URI:spiffe://x/y", "email:a@b.example", "IP:10.0.0.1",
                "IP:2001:db8::1",
            ])
    }
}
