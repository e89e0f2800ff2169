// `cachectl delete`: removes entries; any task.

import ArgumentParser
import CacheManagerClient
import Console

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
        on cache: CacheClient, _ output: Output
    ) async throws -> ProgramExit {
        if keys.count == 1 {
            let outcome = try await cache.delete(keys[0], ifVersion: ifVersion ?? 0)
            try output.show(DeleteAnswer(key: keys[0], outcome))
            return outcome.isDeleted ? .ok : .unmet
        }
        var status = ProgramExit.ok
        for item in try await cache.delete(all: keys) {
            switch item.result {
            case .success(let outcome):
                try output.show(DeleteAnswer(key: item.key, outcome))
                if !outcome.isDeleted { status = max(status, .unmet) }
            case .failure(let error):
                let failure = options.failure(error)
                output.report(failure)
                status = max(status, failure.exit)
            }
        }
        return status
    }
}
