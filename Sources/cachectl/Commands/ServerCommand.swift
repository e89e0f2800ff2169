// What every command does around its own work: connect, run, end with an exit code; any task.

import ArgumentParser
import CacheManagerClient
import Console

/// A command that asks the server something.
protocol ServerCommand: AsyncParsableCommand {
    var options: GlobalOptions { get }

    /// Does the work, prints the answer, and tells how it ends. Throws what stands in the way.
    func run(on cache: CacheClient, _ output: Output) async throws -> ProgramExit
}

extension ServerCommand {
    func run() async throws {
        let status = try await options.ask { try await run(on: $0, $1) }
        if status != .ok { throw ExitCode(status.rawValue) }
    }
}
