// One process of a test: its output as it comes, its end, its signals; any task.

import Foundation

/// A program that was started, and everything it has said.
final class RunningProcess: Sendable {
    struct Said: Sendable, CustomStringConvertible {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var openPipes = 2
        var exitCode: Int32?

        var outputLines: [String] { Self.lines(output) }
        var errorLines: [String] { Self.lines(errors) }
        /// Whether it has ended and everything that it said is here.
        var isComplete: Bool { openPipes == 0 && exitCode != nil }

        var description: String {
            "exit code \(exitCode.map(String.init) ?? "-"), output \(outputLines), "
                + "errors \(errorLines)"
        }

        /// The lines that are complete.
        private static func lines(_ bytes: [UInt8]) -> [String] {
            let text = String(decoding: bytes, as: UTF8.self)
            return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .map(String.init)
        }
    }

    /// The exit code that stands for the death by a signal.
    static let killed: Int32 = -1

    let said = Monitor(Said())
    private let processID: Int32

    /// Starts a program; without `input` its standard input is empty.
    init(
        _ executable: URL, _ arguments: [String], environment: [String: String] = [:],
        input: FileHandle? = nil
    ) throws {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = executable
        process.arguments = arguments
        // What the machine has set must not reach a program under test.
        let foreign = ["CACHE_", "REDIS_", "ROUTER_REDIS_", "MAX_MEMORY_SIZE"]
        process.environment = ProcessInfo.processInfo.environment
            .filter { variable in !foreign.contains { variable.key.hasPrefix($0) } }
            .merging(environment) { $1 }
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        let said = said
        process.terminationHandler = { process in
            let isExit = process.terminationReason == .exit
            said.update { $0.exitCode = isExit ? process.terminationStatus : Self.killed }
        }
        try process.run()
        processID = process.processIdentifier
        Self.read(output, into: said) { $0.output += $1 }
        Self.read(errors, into: said) { $0.errors += $1 }
    }

    deinit {
        if said.value.exitCode == nil { kill(processID, SIGKILL) }
    }

    /// Reads a pipe to its end on a thread of its own: nothing else may hold it up.
    private static func read(
        _ pipe: Pipe, into said: Monitor<Said>,
        _ append: @escaping @Sendable (inout Said, Data) -> Void
    ) {
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread {
            while true {
                let data = handle.availableData
                if data.isEmpty { break }
                said.update { append(&$0, data) }
            }
            said.update { $0.openPipes -= 1 }
        }
    }

    func signal(_ number: Int32) { kill(processID, number) }

    /// Waits for its end; answers everything it said.
    func end() async throws -> Said {
        try await said.wait(for: "end of the process") { $0.isComplete ? $0 : nil }
    }

    /// Waits for a line on standard output; the first that the test wants.
    func outputLine(where isWanted: (String) -> Bool) async throws -> String {
        try await said.wait(for: "such line of output") { $0.outputLines.first(where: isWanted) }
    }

    /// Waits until so many lines on standard error contain the text.
    func errorLine(containing text: String, times: Int = 1) async throws {
        try await said.wait(for: "\(times). line of errors with \"\(text)\"") { said in
            said.errorLines.count { $0.contains(text) } >= times ? () : nil
        }
    }
}
