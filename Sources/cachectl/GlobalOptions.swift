// The options that every command takes, before or after its name; a value.

import ArgumentParser
import Foundation

/// Where the server is and how to talk to it.
struct GlobalOptions: ParsableArguments {
    /// The environment variable that stands in for `--server`.
    static let serverVariable = "CACHE_MANAGER_SERVER"
    static let defaultServer = ServerAddress(host: "127.0.0.1", port: ServerAddress.defaultPort)
    static let defaultTimeout = Duration.seconds(5)

    @Option(
        help: ArgumentHelp(
            """
            The server; an IPv6 address in brackets. (default: $\(Self.serverVariable), else \
            \(Self.defaultServer))
            """, valueName: "host:port"),
        transform: ServerAddress.parse)
    var server: ServerAddress?

    @Option(
        help: ArgumentHelp("How long to wait for an answer. (default: 5s)", valueName: "duration"),
        transform: DurationArgument.parse)
    var timeout: DurationArgument?

    @Flag(help: "Print each answer as one JSON object.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Name yourself as the origin of your writes, for watchers to see.", valueName: "id"))
    var originID: String?

    @OptionGroup var tls: TLSOptions

    mutating func validate() throws {
        if let timeout, timeout.duration <= .zero {
            throw ValidationError("--timeout must be more than zero")
        }
        if let originID,
            !(1...128).contains(originID.utf8.count)
                || !originID.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        {
            throw ValidationError("--origin-id must be 1 to 128 printable ASCII characters")
        }
    }

    /// The server that is meant. Throws a usage failure when the environment names none.
    func resolvedServer() throws(CommandFailure) -> ServerAddress {
        if let server { return server }
        let variable = ProcessInfo.processInfo.environment[Self.serverVariable] ?? ""
        if variable.isEmpty { return Self.defaultServer }
        do {
            return try ServerAddress.parse(variable)
        } catch {
            throw .usage("\(Self.serverVariable)=\(variable): \(error)")
        }
    }

    /// How long connecting may take, and each call after it.
    var callTimeout: Duration { timeout?.duration ?? Self.defaultTimeout }
}
