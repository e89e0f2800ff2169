// Owns running the programs that the tests compare with; any thread.

import Foundation
import Testing

/// A program that `make deps` installs.
struct ExternalTool {
    struct Output {
        var bytes: [UInt8]
        var errors: String
        var succeeded: Bool
    }

    /// The project's folder.
    static let project = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Runs the program; records an issue that says what to do when it cannot.
    static func run(
        _ command: [String], input: [UInt8] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Output {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
        try standardInput.fileHandleForWriting.close()
        let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let succeeded = process.terminationStatus == 0
        if !succeeded {
            Issue.record(
                "\(command[0]) failed; `make deps` installs what it needs. It said: \(text)",
                sourceLocation: sourceLocation)
        }
        return Output(bytes: bytes, errors: text, succeeded: succeeded)
    }
}
