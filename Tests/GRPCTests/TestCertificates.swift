// The certificates that tests of TLS calls show each other; any thread.

import Foundation

@testable import GRPC

enum TestCertificates {
    /// The folder that `make certs` fills; made once, for it takes a while.
    static let folder = Result { try make() }

    private static func make() throws -> String {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "grpc-tests-\(UUID().uuidString)").path(percentEncoded: false)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appending(path: "scripts/certs")
        process.arguments = [folder]
        process.standardOutput = Pipe()
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw GRPCStatus(.internal, "scripts/certs failed; `make deps` installs openssl")
        }
        return folder
    }
}
