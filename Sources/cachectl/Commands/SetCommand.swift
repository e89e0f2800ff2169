// `cachectl set`: writes one entry; any task.

import ArgumentParser
import CacheManagerClient
import Console

/// Writes one entry; the value may come from anywhere.
struct SetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Writes an entry.",
        discussion: """
            The value is the argument, or --file, or standard input when it is - or missing; it is \
            stored byte for byte, at most 64 MiB of it are read. A value that begins with a dash \
            goes behind --.

            EXAMPLES:
              $ cachectl set user:123 '{"name":"Ada"}' --ttl 5m
              $ cachectl set lock:nightly "$(hostname)" --if-absent --ttl 30s
              $ date | cachectl set started:at - --no-expiry --tag batch
              $ cachectl set offset:north -- -5
            """)

    @Argument(help: "The key.")
    var key: String

    @Argument(help: "The value; - reads standard input.")
    var value: String?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Read the value from a file.", valueName: "path"))
    var file: String?

    @OptionGroup var expiry: ExpiryOptions

    @Flag(help: "Only if the key does not exist.")
    var ifAbsent = false

    @Flag(help: "Only if the key exists.")
    var ifPresent = false

    @Option(help: ArgumentHelp("Only if the entry has this version.", valueName: "version"))
    var ifVersion: UInt64?

    @Option(help: ArgumentHelp("The value's media type.", valueName: "type"))
    var contentType: String?

    @Option(
        help: ArgumentHelp(
            "A pair that comes back with the value; repeatable.", valueName: "name=value"),
        transform: MetadataArgument.parse)
    var metadata: [MetadataArgument] = []

    @Option(help: ArgumentHelp("A tag to invalidate by; repeatable.", valueName: "tag"))
    var tag: [String] = []

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if value != nil, file != nil {
            throw ValidationError("give the value as an argument or with --file, not both")
        }
        if value == nil, file == nil, ValueSource.isTerminal {
            throw ValidationError("the value is missing: an argument, --file, or - to type it")
        }
        if [ifAbsent, ifPresent, ifVersion != nil].count(where: { $0 }) > 1 {
            throw ValidationError("--if-absent, --if-present and --if-version exclude each other")
        }
        if ifVersion == 0 { throw ValidationError("--if-version must be at least 1") }
        if Set(metadata.map(\.name)).count != metadata.count {
            throw ValidationError("--metadata names a pair twice")
        }
    }

    /// Reads the value before it connects, so that slow input does not hold a connection.
    func run() async throws {
        let entry = try entry(source.read())
        let answer = try await options.ask { cache, output in
            let answer = SetAnswer(key: key, try await cache.set(entry))
            try output.show(answer)
            return answer
        }
        if answer.exit != .ok { throw ExitCode(answer.exit.rawValue) }
    }

    private func entry(_ value: [UInt8]) -> NewEntry {
        NewEntry(
            key: key, value: value, ttl: expiry.timeToLive, condition: condition,
            contentType: contentType ?? "",
            metadata: Dictionary(metadata.map { ($0.name, $0.value) }) { $1 }, tags: tag)
    }

    /// Where the value comes from.
    var source: ValueSource {
        if let file { return .file(file) }
        return value.map { $0 == "-" ? .standardInput : .argument($0) } ?? .standardInput
    }

    /// What must hold for the write.
    var condition: CacheClient.Condition {
        if let ifVersion { return .version(ifVersion) }
        return ifAbsent ? .absent : ifPresent ? .present : .always
    }
}
