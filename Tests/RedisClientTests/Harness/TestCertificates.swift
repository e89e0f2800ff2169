// The certificates of a TLS server and its clients, as scripts/certs makes them.

import Foundation

/// A temporary folder with an authority and what it signed. `make deps` installs openssl.
struct TestCertificates: Sendable {
    /// For tests that change nothing in it.
    static let shared = Result { try TestCertificates() }

    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "certs-\(UUID())")
        let root = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }
        let process = Process()
        process.executableURL = root.appending(path: "scripts/certs")
        process.arguments = [folder.path(percentEncoded: false)]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw RedisServerFailure("scripts/certs failed; `make deps` installs openssl")
        }
    }

    /// The path of a file: `ca.pem`, `server.pem`, `client.pem`, `…-key.pem`.
    func file(_ name: String) -> String {
        folder.appending(path: name).path(percentEncoded: false)
    }

    /// What a server needs that has clients show a certificate.
    var ofServer: RedisServer.Certificates {
        .init(
            caFile: file("ca.pem"), certificateFile: file("server.pem"),
            keyFile: file("server-key.pem"), wantsClients: true)
    }

    func remove() {
        // What is left of a temporary folder harms nobody.
        try? FileManager.default.removeItem(at: folder)
    }
}
