// The real server, as a process on a free port; any task.

import Foundation
import Testing

/// A running `cache-manager`.
final class ServerProcess: Sendable {
    let process: RunningProcess
    let port: Int
    var address: String { "127.0.0.1:\(port)" }

    private init(_ process: RunningProcess, port: Int) {
        self.process = process
        self.port = port
    }

    /// Starts it and waits until it listens; port 0 takes a free one.
    static func start(port: Int = 0, _ arguments: [String] = []) async throws -> ServerProcess {
        let process = try RunningProcess(
            Program.server.url(), ["--listen-port", String(port)] + arguments)
        let line = try await process.outputLine { $0.hasPrefix("listening on ") }
        let chosen = try #require(line.split(separator: ":").last.flatMap { Int($0) })
        return ServerProcess(process, port: chosen)
    }

    /// Asks it to end and answers its exit code.
    func stop(_ signal: Int32 = SIGTERM) async throws -> Int32? {
        process.signal(signal)
        return try await process.end().exitCode
    }

    /// Ends it without a chance to say anything to anybody.
    func kill() async throws {
        process.signal(SIGKILL)
        _ = try await process.end()
    }

    /// Starts a server for the length of a test, and has it drained at the end.
    static func run(
        _ arguments: [String] = [], _ test: (ServerProcess, Cachectl) async throws -> Void
    ) async throws {
        let server = try await start(arguments)
        try await test(server, Cachectl(server: server.address))
        #expect(try await server.stop() == 0)
    }
}
