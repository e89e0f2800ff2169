// Runs redis-cli, for what is not about one server.

import Foundation

/// The program redis-cli.
enum RedisCommandLine {
    /// What it prints.
    ///
    /// - Throws: `RedisServerFailure` with its output when it fails.
    @discardableResult
    static func run(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["redis-cli"] + words
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw RedisServerFailure("redis-cli \(words.joined(separator: " ")): \(said)")
        }
        return said
    }
}
