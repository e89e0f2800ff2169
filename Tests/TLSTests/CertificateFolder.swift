// Makes the certificates that the tests need, with scripts/certs and the program openssl.

import Foundation

/// A temporary folder with an authority and what it signed.
struct CertificateFolder: Sendable {
    /// What is not changed by any test.
    static let shared = Result { try CertificateFolder() }

    let path: String

    /// Makes what `make certs` makes.
    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appending(path: "tls-tests-\(UUID().uuidString)")
        path = url.path(percentEncoded: false)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        try Self.run(root.appending(path: "scripts/certs").path(percentEncoded: false), [path])
    }

    /// The path of a file in the folder.
    func file(_ name: String) -> String { path + "/" + name }

    /// Signs another certificate, `NAME.pem` with `NAME-key.pem`.
    func sign(_ name: String, alternativeNames: String, days: Int = 30) throws {
        let (key, request, extensions) = (
            file(name + "-key.pem"), file(name + ".csr"), file(name + ".ext")
        )
        try write(name + ".ext", "subjectAltName=\(alternativeNames)\n")
        try Self.openSSL([
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key,
        ])
        try Self.openSSL(["req", "-new", "-key", key, "-subj", "/CN=\(name)", "-out", request])
        try Self.openSSL([
            "x509", "-req", "-in", request, "-CA", file("ca.pem"), "-CAkey", file("ca-key.pem"),
            "-days", "\(days)", "-set_serial", "\(Int.random(in: 1...Int.max))",
            "-extfile", extensions, "-out", file(name + ".pem"),
        ])
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: file(name)))
    }

    /// Puts a copy of one file in the place of another, as whoever renews a certificate does.
    func replace(_ name: String, with other: String) throws {
        let old = URL(filePath: file(name))
        try FileManager.default.removeItem(at: old)
        try FileManager.default.copyItem(at: URL(filePath: file(other)), to: old)
    }

    func remove() {
        // What is left of a temporary folder harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    static func openSSL(_ arguments: [String]) throws {
        try run("/usr/bin/env", ["openssl"] + arguments)
    }

    /// Runs a program to its end, and fails with what it said.
    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ProgramFailure(
                description: "\(program) \(arguments.first ?? "") failed; `make deps` installs "
                    + "openssl: " + String(decoding: said, as: UTF8.self))
        }
    }
}

struct ProgramFailure: Error, CustomStringConvertible {
    let description: String
}
