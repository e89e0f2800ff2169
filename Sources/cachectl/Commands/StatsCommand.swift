// `cachectl stats`: counters and latencies; any task.

import ArgumentParser
import CacheManagerClient
import Console

/// Shows what the server counts, for people as tables.
struct StatsCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Shows counters and latencies.",
        discussion: """
            EXAMPLES:
              $ cachectl stats
              $ cachectl stats --namespace user --json
            """)

    @Option(help: ArgumentHelp("Only this namespace.", valueName: "name"))
    var namespace: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(
        on cache: CacheClient, _ output: Output
    ) async throws -> ProgramExit {
        let stats = try await cache.stats(namespace: namespace ?? "")
        try output.show(StatsAnswer(stats, style: .ofOutput))
        return .ok
    }
}
