// `cachectl delete`: removes entries; any task.

import ArgumentParser

/// Removes one entry, conditionally if wanted, or several.
struct DeleteCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Removes entries.",
        discussion: """
            Exits with 1 when a key did not exist or had another version.

            EXAMPLES:
              $ cachectl delete user:123
              $ cachectl delete user:123 user:124
            """)

    @Argument(help: "The keys.")
    var keys: [String]

    @Option(
        help: ArgumentHelp("Only if the entry has this version; of one key.", valueName: "version"))
    var ifVersion: UInt64?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if keys.count > 1, ifVersion != nil {
            throw ValidationError("--if-version goes with one key")
        }
        if ifVersion == 0 { throw ValidationError("--if-version must be at least 1") }
    }

    func run(
        on cache: CacheConnection, _ output: Output
    ) async throws(CommandFailure) -> ProgramExit {
        if keys.count == 1 {
            let answer = try await cache.delete(keys[0], ifVersion: ifVersion ?? 0)
            try output.show(answer)
            return answer.deleted ? .ok : .unmet
        }
        var status = ProgramExit.ok
        try await cache.deleteAll(keys) { item throws(CommandFailure) in
            switch item {
            case .answer(let answer):
                try output.show(answer)
                if !answer.deleted { status = max(status, .unmet) }
            case .failure(let failure):
                failure.report(asJSON: output.isJSON)
                status = max(status, failure.exit)
            }
        }
        return status
    }
}
