// `cachectl top`: what is used most, and what takes the most room; any task.

import ArgumentParser
import CacheManagerClient
import Console
import Foundation

/// Shows the hottest keys, the most missed prefixes and the largest entries.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Shows the hottest keys, the most missed prefixes, the largest entries.",
        discussion: """
            The server estimates reads and misses from a sample; those of a minute ago count half. \
            A prefix is the part of the keys up to their first ':' or up to their second. The \
            largest entries are those in the memory of the server that answers. With --interval it \
            goes on until Ctrl-C, which ends it with exit code 0.

            EXAMPLES:
              $ cachectl top
              $ cachectl top --count 3 --namespace user
              $ cachectl top --interval 2s
              $ cachectl top --count 100 --json
            """)

    private static let counts = 1...100
    private static let shortestInterval = Duration.milliseconds(100)
    /// The cursor to the first place, and everything below it gone.
    private static let emptyScreen = "\u{1B}[H\u{1B}[J"

    @Option(help: ArgumentHelp("How many of each, 1 to 100.", valueName: "number"))
    var count = 10

    @Option(help: ArgumentHelp("Only this namespace.", valueName: "name"))
    var namespace: String?

    @Option(
        help: ArgumentHelp(
            "Show it again each time after so long, at least 100ms.", valueName: "duration"),
        transform: DurationArgument.parse)
    var interval: DurationArgument?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        guard Self.counts.contains(count) else {
            throw ValidationError("--count must be 1 to 100")
        }
        if let interval, interval.duration < Self.shortestInterval {
            throw ValidationError("--interval must be at least 100ms")
        }
    }

    func run() async throws {
        // Everything is written as it comes, so that nothing is left to do.
        let signals = interval.map { _ in EndSignals.handle { _exit(ProgramExit.ok.rawValue) } }
        try await options.ask { cache, output in
            try await show(cache, output)
            guard let interval else { return }
            while true {
                try await Task.sleep(for: interval.duration)
                try await show(cache, output)
            }
        }
        withExtendedLifetime(signals) {}
    }

    private func show(_ cache: CacheClient, _ output: Output) async throws {
        let stats = try await cache.stats(namespace: namespace ?? "", top: count)
        guard let top = stats.top else {
            throw CommandFailure.tooOld(
                try options.connection.servers(for: GlobalOptions.program).description)
        }
        var answer = TopAnswer(top: top)
        if interval != nil, !output.isJSON {
            // What comes next stands in the place of this on a terminal, below it elsewhere.
            answer.before = Output.isTerminal ? Self.emptyScreen : ""
            answer.after = Output.isTerminal ? "" : "\n"
        }
        try output.show(answer)
    }
}
