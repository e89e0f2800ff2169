// `cachectl keys`: lists keys as their pages come; any task.

import ArgumentParser
import CacheManagerClient
import Console

/// Prints each page as soon as it is here, so that the first keys come at once.
struct KeysCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Lists keys, one a line, in no particular order.",
        discussion: """
            A pattern is over whole keys: * any run, ? one character, [a-z] and [^a-z] a set, \\ \
            takes the next character literally. Quote it, so that the shell leaves it alone.

            EXAMPLES:
              $ cachectl keys 'user:*'
              $ cachectl keys 'user:*' --count
              $ cachectl keys | head
            """)

    @Argument(help: "Which keys. (default: all of them)")
    var pattern: String?

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int?

    @Flag(help: "Print only how many there are.")
    var count = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run(
        on cache: CacheClient, _ output: Output
    ) async throws -> ProgramExit {
        var seen = 0
        let limit = limit ?? .max
        for try await page in cache.keys(matching: pattern ?? "") {
            let page = page.prefix(limit - seen)
            seen += page.count
            if !count { try output.show(page.map(KeyAnswer.init)) }
            if seen == limit { break }
        }
        if count { try output.show(CountAnswer(count: seen)) }
        return .ok
    }
}
