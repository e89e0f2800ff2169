// Checks that certificates change under a running server, and what is said of broken files.

import Foundation
import Testing

@testable import TLS

@Suite("TLS: files")
struct ReloadTests {
    private func fingerprint(_ wire: TLSWire) throws -> String {
        try #require(wire.client.end.peer?.identity).fingerprint
    }

    @Test("a reload is for new connections, and those that are open go on")
    func reload() throws {
        let folder = try CertificateFolder()
        defer { folder.remove() }
        try folder.sign("next", alternativeNames: "DNS:localhost")
        let server = try TLSServerContext(.test(folder))
        let client = try TLSClientContext(.test(folder))
        let before = try TLSWire(server: server, client: client)
        #expect(server.certificate.fingerprint == (try fingerprint(before)))
        #expect(!server.filesChanged(since: server.currentStamps()))

        try folder.replace("server.pem", with: "next.pem")
        try folder.replace("server-key.pem", with: "next-key.pem")
        #expect(server.filesChanged(since: server.currentStamps()))
        try server.reload()
        #expect(!server.filesChanged(since: server.currentStamps()))

        let after = try TLSWire(server: server, client: client)
        #expect(try fingerprint(after) != fingerprint(before))
        #expect(server.certificate.fingerprint == (try fingerprint(after)))
        #expect(server.certificate.subject == "CN=next")
        before.client.write("still here")
        before.pump()
        #expect(before.server.end.text == "still here")
    }

    @Test("a broken file keeps the old certificate, and is tried once")
    func broken() throws {
        let folder = try CertificateFolder()
        defer { folder.remove() }
        let server = try TLSServerContext(.test(folder))
        let client = try TLSClientContext(.test(folder))
        let before = try TLSWire(server: server, client: client)
        try folder.write("server.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n")
        #expect(server.filesChanged(since: server.currentStamps()))
        let error = try #require(throws: TLSError.self) { try server.reload() }
        #expect(error.code == .certificateFile)
        #expect(error.message.contains(folder.file("server.pem")))
        #expect(!server.filesChanged(since: server.currentStamps()))
        let after = try TLSWire(server: server, client: client)
        #expect(try fingerprint(after) == fingerprint(before))
        // It never was another one, so even the sessions go on.
        #expect(after.server.end.peer?.isResumed == true)
    }

    @Test("what is wrong with a file is said in a sentence with its name")
    func sentences() throws {
        let folder = try CertificateFolder()
        defer { folder.remove() }
        try folder.write("empty.pem", "")
        try folder.write("huge.pem", String(repeating: "#", count: FileStamp.maxBytes + 1))
        try CertificateFolder.openSSL([
            "pkey", "-in", folder.file("server-key.pem"), "-aes128", "-passout", "pass:secret",
            "-out", folder.file("locked.pem"),
        ])
        let rows: [(String, String, TLSError.Code, String)] = [
            ("none.pem", "server-key.pem", .certificateFile, "No such file"),
            ("empty.pem", "server-key.pem", .certificateFile, "PEM"),
            ("huge.pem", "server-key.pem", .certificateFile, "larger than 1 MiB"),
            ("", "server-key.pem", .certificateFile, "not a file"),
            ("server-key.pem", "server-key.pem", .certificateFile, "PEM"),
            ("server.pem", "none.pem", .keyFile, "No such file"),
            ("server.pem", "empty.pem", .keyFile, "must hold one in PEM"),
            ("server.pem", "server.pem", .keyFile, "must hold one in PEM"),
            ("server.pem", "client-key.pem", .keyFile, "does not belong to the certificate"),
            ("server.pem", "locked.pem", .keyFile, "is encrypted"),
        ]
        for (certificate, key, code, words) in rows {
            var configuration = TLSServerConfiguration.test(folder)
            configuration.certificateFile = folder.file(certificate)
            configuration.keyFile = folder.file(key)
            let error = try #require(throws: TLSError.self) {
                try TLSServerContext(configuration)
            }
            #expect(error.code == code, "\(error)")
            #expect(error.message.contains(words), "\(error)")
            let file = code == .keyFile ? configuration.keyFile : configuration.certificateFile
            #expect(error.message.contains(file), "\(error)")
            #expect(!error.message.contains("secret"))
        }
    }

    @Test("authorities that are missing, broken or not named stop it")
    func authorities() throws {
        let folder = try CertificateFolder.shared.get()
        var server = TLSServerConfiguration.test(folder, policy: .required)
        server.clientCAFile = folder.file("server-key.pem")
        #expect(throws: TLSError.self) { try TLSServerContext(server) }
        server.clientCAFile = nil
        #expect(
            try #require(throws: TLSError.self) { try TLSServerContext(server) }.code
                == .configuration)
        var client = TLSClientConfiguration.test(folder)
        client.caFile = folder.file("none.pem")
        #expect(
            try #require(throws: TLSError.self) { try TLSClientContext(client) }.code
                == .authorityFile)
        client = .test(folder)
        client.keyFile = folder.file("client-key.pem")
        #expect(throws: TLSError.self) { try TLSClientContext(client) }
        client = .test(folder)
        client.applicationProtocols = [""]
        #expect(throws: TLSError.self) { try TLSClientContext(client) }
    }
}
