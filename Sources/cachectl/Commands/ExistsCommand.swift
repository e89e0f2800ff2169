// `cachectl exists`: whether there is an entry; any task.

import ArgumentParser
import CacheManagerClient
import Console

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
        on cache: CacheClient, _ output: Output
    ) async throws -> ProgramExit {
        let answer = ExistsAnswer(key: key, try await cache.life(of: key))
        try output.show(answer)
        return answer.exists ? .ok : .unmet
    }
}
