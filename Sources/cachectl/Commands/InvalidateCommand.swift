// `cachectl invalidate`: removes what a selector names, and tells every watcher; any task.

import ArgumentParser
import CacheManagerClient
import Console

/// Takes exactly one selector, and a confirmation for the one that takes everything.
struct InvalidateCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "invalidate",
        abstract: "Removes entries by key, pattern or tag, and tells every watcher.",
        discussion: """
            EXAMPLES:
              $ cachectl invalidate user:123 user:124
              $ cachectl invalidate --pattern 'user:*' --reason 'new schema'
              $ cachectl invalidate --tag batch
              $ cachectl invalidate --everything --yes
            """)

    @Argument(help: "The keys.")
    var keys: [String] = []

    @Option(
        help: ArgumentHelp("Every key that matches; see 'cachectl keys --help'.", valueName: "glob")
    )
    var pattern: String?

    @Option(help: ArgumentHelp("Every entry that has the tag.", valueName: "tag"))
    var tag: String?

    @Flag(help: "Every entry there is; only together with --yes.")
    var everything = false

    @Flag(help: "Confirm --everything.")
    var yes = false

    @Option(help: ArgumentHelp("What watchers are told as the cause.", valueName: "text"))
    var reason: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if selections.count != 1 {
            throw ValidationError("name exactly one of: keys, --pattern, --tag, --everything")
        }
        if everything, !yes {
            throw ValidationError("--everything empties the cache; confirm it with --yes")
        }
    }

    /// What was named; validation sees to it that it is one.
    private var selections: [CacheClient.Selection] {
        var all: [CacheClient.Selection] = keys.isEmpty ? [] : [.keys(keys)]
        if let pattern { all.append(.pattern(pattern)) }
        if let tag { all.append(.tag(tag)) }
        if everything { all.append(.everything) }
        return all
    }

    func run(
        on cache: CacheClient, _ output: Output
    ) async throws -> ProgramExit {
        let selection = selections[0]
        let progress = WalkProgress(of: selection, on: cache, output)
        let outcome = try await progress.shown { () async throws(CacheError) in
            try await cache.invalidate(selection, reason: reason ?? "")
        }
        try output.show(InvalidateAnswer(outcome))
        return outcome.isComplete ? .ok : .refused
    }
}
