// What every command does around its own work: connect, run, end with an exit code; any task.

import ArgumentParser

/// A command that asks the server something.
protocol ServerCommand: AsyncParsableCommand {
    var options: GlobalOptions { get }

    /// Does the work, prints the answer, and tells how it ends. Throws what stands in the way.
    func run(
        on cache: CacheConnection, _ output: Output
    ) async throws(CommandFailure) -> ProgramExit
}

extension ServerCommand {
    func run() async throws {
        let cache = try await CacheConnection.open(options)
        let status = try await run(on: cache, Output(isJSON: options.json))
        await cache.close()
        if status != .ok { throw ExitCode(status.rawValue) }
    }
}
