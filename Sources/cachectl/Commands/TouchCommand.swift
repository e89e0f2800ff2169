// `cachectl touch`: a new time to live; any task.

import ArgumentParser
import CacheManagerClient
import Console

/// Gives an entry a new time to live and leaves its value alone.
struct TouchCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "touch",
        abstract: "Gives an entry a new time to live.",
        discussion: """
            Exits with 1 when the key does not exist.

            EXAMPLES:
              $ cachectl touch user:123 --ttl 10m
              $ cachectl touch user:123 --no-expiry
            """)

    @Argument(help: "The key.")
    var key: String

    @OptionGroup var expiry: ExpiryOptions

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(
        on cache: CacheClient, _ output: Output
    ) async throws -> ProgramExit {
        let answer = TouchAnswer(key: key, try await cache.touch(key, ttl: expiry.timeToLive))
        try output.show(answer)
        return answer.touched ? .ok : .unmet
    }
}
