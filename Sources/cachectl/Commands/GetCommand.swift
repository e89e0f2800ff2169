// `cachectl get`: one entry as it was stored, or several a line each; any task.

import ArgumentParser
import Messages

/// Reads one entry byte for byte, or several for people and programs to read.
struct GetCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Reads entries.",
        discussion: """
            One key: its value goes to standard output exactly as it was stored; a newline is \
            added only on a terminal. Several keys: a line each, the key, a tab and the value, \
            control characters escaped, values that are not UTF-8 as base64:…

            EXAMPLES:
              $ cachectl get user:123
              $ cachectl get user:123 --output value.bin
              $ cachectl get user:123 user:124 --json
            """)

    /// Which levels may answer, as the command line names them.
    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case any, skipL1 = "skip-l1", cachedOnly = "cached-only"

        var message: ReadMode {
            switch self {
            case .any: .unspecified
            case .skipL1: .skipL1
            case .cachedOnly: .cachedOnly
            }
        }
    }

    @Argument(help: "The keys.")
    var keys: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write the value to a file, of one key.", valueName: "path"))
    var output: String?

    @Flag(
        name: .shortAndLong,
        help: "Show version, expiry, tags and the rest on standard error, of one key.")
    var verbose = false

    @Option(
        help: ArgumentHelp(
            "Exit with 1, without the value, if the entry still has this version.",
            valueName: "version"))
    var ifVersionNot: UInt64?

    @Option(help: "Which levels may answer.")
    var mode = Mode.any

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if keys.count > 1, output != nil || verbose || ifVersionNot != nil {
            throw ValidationError("--output, --verbose and --if-version-not go with one key")
        }
        if ifVersionNot == 0 { throw ValidationError("--if-version-not must be at least 1") }
    }

    func run(
        on cache: CacheConnection, _ output: Output
    ) async throws(CommandFailure) -> ProgramExit {
        if keys.count > 1 { return try await showAll(of: cache, output) }
        let entry = try await cache.get(
            keys[0], mode: mode.message, ifVersionNot: ifVersionNot ?? 0)
        return try show(entry, output)
    }

    /// One key: the value alone goes to standard output, whatever else there is to say.
    private func show(_ entry: EntryAnswer, _ output: Output) throws(CommandFailure) -> ProgramExit
    {
        let hasValue = entry.isHit && !entry.isNotModified
        if hasValue, let path = self.output { try FileOutput.replace(path, with: entry.value) }
        if output.isJSON {
            var entry = entry
            entry.showsValue = self.output == nil
            try output.show(entry)
        } else if !entry.isHit {
            output.remark("\(entry.key) does not exist")
        } else if entry.isNotModified {
            output.remark("\(entry.key) still has version \(entry.version)")
        } else {
            if verbose { output.say(entry.details.joined(separator: "\n")) }
            if self.output == nil {
                let endsLine = entry.value.last == UInt8(ascii: "\n")
                try output.write(
                    Output.isTerminal && !endsLine
                        ? entry.value + [UInt8(ascii: "\n")] : entry.value)
            }
        }
        return hasValue ? .ok : .unmet
    }

    /// Several keys: the worst of their outcomes is the outcome.
    private func showAll(
        of cache: CacheConnection, _ output: Output
    ) async throws(CommandFailure) -> ProgramExit {
        var status = ProgramExit.ok
        try await cache.getAll(keys, mode: mode.message) { item throws(CommandFailure) in
            switch item {
            case .answer(let entry):
                if entry.isHit || output.isJSON { try output.show(entry) }
                if entry.isHit { return }
                output.remark("\(entry.key) does not exist")
                status = max(status, .unmet)
            case .failure(let failure):
                failure.report(asJSON: output.isJSON)
                status = max(status, failure.exit)
            }
        }
        return status
    }
}
