// `cachectl get`: one entry as it was stored, or several a line each; any task.

import ArgumentParser
import CacheManagerClient
import Console

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

        var mode: CacheClient.ReadMode {
            switch self {
            case .any: .any
            case .skipL1: .skipL1
            case .cachedOnly: .cachedOnly
            }
        }
    }

    /// So many keys are read before the first of them is shown, and held until then.
    private static let groupKeys = 100

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
        on cache: CacheClient, _ output: Output
    ) async throws -> ProgramExit {
        if keys.count > 1 { return try await showAll(of: cache, output) }
        let lookup = try await cache.get(
            keys[0], ifVersionNot: ifVersionNot ?? 0, mode: mode.mode)
        return try show(EntryAnswer(key: keys[0], lookup), output)
    }

    /// One key: the value alone goes to standard output, whatever else there is to say.
    private func show(_ answer: EntryAnswer, _ output: Output) throws(CommandFailure) -> ProgramExit
    {
        let value = answer.isNotModified ? nil : answer.entry?.value
        if let value, let path = self.output { try FileOutput.replace(path, with: value) }
        if output.isJSON {
            var answer = answer
            answer.showsValue = self.output == nil
            try output.show(answer)
        } else if let value {
            if verbose { output.say(answer.details.joined(separator: "\n")) }
            if self.output == nil {
                let endsLine = value.last == UInt8(ascii: "\n")
                try output.write(
                    Output.isTerminal && !endsLine ? value + [UInt8(ascii: "\n")] : value)
            }
        } else if let entry = answer.entry {
            output.remark("\(answer.key) still has version \(entry.version)")
        } else {
            output.remark("\(answer.key) does not exist")
        }
        return value == nil ? .unmet : .ok
    }

    /// Several keys: the worst of their outcomes is the outcome.
    private func showAll(of cache: CacheClient, _ output: Output) async throws -> ProgramExit {
        var status = ProgramExit.ok
        var rest = keys[...]
        while !rest.isEmpty {
            for item in try await cache.get(
                all: Array(rest.prefix(Self.groupKeys)), mode: mode.mode)
            {
                status = max(status, try show(item, output))
            }
            rest = rest.dropFirst(Self.groupKeys)
        }
        return status
    }

    private func show(
        _ item: BatchItem<CacheEntry?>, _ output: Output
    ) throws(CommandFailure) -> ProgramExit {
        switch item.result {
        case .success(let entry):
            if entry != nil || output.isJSON {
                try output.show(EntryAnswer(key: item.key, entry))
            }
            if entry != nil { return .ok }
            output.remark("\(item.key) does not exist")
            return .unmet
        case .failure(let error):
            let failure = options.failure(error)
            output.report(failure)
            return failure.exit
        }
    }
}
