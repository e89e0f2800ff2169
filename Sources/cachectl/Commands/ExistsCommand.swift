// `cachectl exists`: whether there is an entry; any task.

import ArgumentParser

/// Asks without reading, and without counting as a use of the entry.
struct ExistsCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "exists",
        abstract: "Tells whether a key exists, without reading it.",
        discussion: """
            Exits with 0 when it does and with 1 when it does not.

            EXAMPLES:
              $ cachectl exists user:123
              $ cachectl exists user:123 --json || echo gone
            """)

    @Argument(help: "The key.")
    var key: String

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(
        on cache: CacheConnection, _ output: Output
    ) async throws(CommandFailure) -> ProgramExit {
        let answer = try await cache.exists(key)
        try output.show(answer)
        return answer.exists ? .ok : .unmet
    }
}
