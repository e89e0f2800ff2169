// The real cachectl against one server; any task.

import Foundation

/// Runs `cachectl` with `--server`.
struct Cachectl: Sendable {
    let server: String

    /// How a run ended.
    struct Result {
        var exitCode: Int32?
        var bytes: [UInt8]
        var errors: String

        var output: String { String(decoding: bytes, as: UTF8.self) }
        /// Each line of the output as a JSON object; nil when one is none.
        var objects: [[String: Any]]? { Self.objects(output) }
        var object: [String: Any]? { objects?.count == 1 ? objects?[0] : nil }
        /// The one JSON object on standard error.
        var errorObject: [String: Any]? {
            let all = Self.objects(errors)
            return all?.count == 1 ? all?[0] : nil
        }

        static func objects(_ text: String) -> [[String: Any]]? {
            let lines = text.split(separator: "\n")
            let objects = lines.compactMap { line in
                try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            }
            return objects.count == lines.count ? objects : nil
        }
    }

    /// Runs it to its end.
    func run(_ arguments: String..., input: [UInt8]? = nil) async throws -> Result {
        try await run(arguments, input: input)
    }

    func run(_ arguments: [String], input: [UInt8]? = nil) async throws -> Result {
        guard let input else { return try await result(of: start(arguments)) }
        let folder = try TemporaryFolder()
        let file = try folder.write("input", input)
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
        return try await result(of: start(arguments, input: handle))
    }

    private func result(of process: RunningProcess) async throws -> Result {
        let said = try await process.end()
        return Result(
            exitCode: said.exitCode, bytes: said.output,
            errors: String(decoding: said.errors, as: UTF8.self))
    }

    /// Starts it and lets it run. A call may take long, for the machine is busy with other tests.
    func start(_ arguments: [String], input: FileHandle? = nil) throws -> RunningProcess {
        var arguments = arguments
        if arguments.first?.hasPrefix("-") == false, !arguments.contains("--timeout") {
            arguments.insert(contentsOf: ["--timeout", "1m"], at: 1)
        }
        return try RunningProcess(
            Program.client.url(), arguments, environment: ["CACHE_MANAGER_SERVER": server],
            input: input)
    }

    /// Starts `watch` and waits until it is live.
    func watch(_ arguments: String...) async throws -> RunningProcess {
        let process = try start(["watch"] + arguments)
        try await process.errorLine(containing: "watching")
        return process
    }
}
