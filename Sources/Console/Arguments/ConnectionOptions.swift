// The options that say where the servers are and how to reach them; a value.

import ArgumentParser
package import CacheManagerClient
import Foundation

/// `--server`, `--timeout` and TLS; an environment variable stands in for each but the timeout.
package struct ConnectionOptions: ParsableArguments {
    /// The names of the environment variables; none is also a setting of the server.
    enum Variable: String {
        case server = "CACHE_MANAGER_SERVER"
        case tls = "CACHE_MANAGER_TLS"
        case tlsCA = "CACHE_MANAGER_TLS_CA"
        case tlsCertificate = "CACHE_MANAGER_TLS_CLIENT_CERT"
        case tlsKey = "CACHE_MANAGER_TLS_CLIENT_KEY"
        case tlsServerName = "CACHE_MANAGER_TLS_SERVER_NAME"

        /// What the environment says; nil when it says nothing.
        var value: String? {
            let value = ProcessInfo.processInfo.environment[rawValue] ?? ""
            return value.isEmpty ? nil : value
        }
    }

    private static let defaultServers = ServerList([
        ServerAddress(host: "127.0.0.1", port: ServerAddress.defaultPort)
    ])
    /// How long a call may take unless it is said otherwise.
    package static let defaultTimeout = Duration.seconds(5)

    @Option(
        help: ArgumentHelp(
            """
            The server, or several with commas between them; an IPv6 address in brackets. \
            (default: $\(Variable.server.rawValue), else \(Self.defaultServers))
            """, valueName: "host:port"),
        transform: ServerList.parse)
    var server: ServerList?

    @Option(
        help: ArgumentHelp("How long to wait for an answer. (default: 5s)", valueName: "duration"),
        transform: DurationArgument.parse)
    var timeout: DurationArgument?

    @Flag(
        help: """
            Connect with TLS, as the other options of TLS do too. (default: \
            $\(Variable.tls.rawValue), true or false)
            """)
    var tls = false

    @Option(
        help: ArgumentHelp(
            """
            The PEM file of the authorities to trust. (default: $\(Variable.tlsCA.rawValue), \
            else the system's)
            """, valueName: "file"))
    var tlsCA: String?

    @Option(
        name: [.customLong("tls-cert"), .customLong("tls-certificate")],
        help: ArgumentHelp(
            "The PEM file of your certificate. (default: $\(Variable.tlsCertificate.rawValue))",
            valueName: "file"))
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp(
            "The PEM file of its key. (default: $\(Variable.tlsKey.rawValue))",
            valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            """
            The name that the server's certificate must hold. (default: \
            $\(Variable.tlsServerName.rawValue), else the host)
            """, valueName: "name"))
    var tlsServerName: String?

    /// Nothing given.
    package init() {}

    /// Refuses what contradicts itself.
    package mutating func validate() throws {
        if let timeout, timeout.duration <= .zero {
            throw ValidationError("--timeout must be more than zero")
        }
        if (tlsCertificate == nil) != (tlsKey == nil), Variable.tlsCertificate.value == nil,
            Variable.tlsKey.value == nil
        {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
    }

    /// How long connecting may take, and each call.
    package var callTimeout: Duration { timeout?.duration ?? Self.defaultTimeout }

    /// The servers that are meant. Throws a usage failure when the environment names none.
    package func servers(for command: String) throws(CommandFailure) -> ServerList {
        if let server { return server }
        guard let text = Variable.server.value else { return Self.defaultServers }
        do {
            return try ServerList.parse(text)
        } catch {
            throw .usage("\(Variable.server.rawValue)=\(text): \(error)", command: command)
        }
    }

    /// What a client is made of. Throws a usage failure when the environment is wrong.
    package func configuration(
        for command: String
    ) throws(CommandFailure) -> CacheClient.Configuration {
        let servers = try servers(for: command)
        var configuration = CacheClient.Configuration(
            servers: servers.addresses.map(\.description))
        configuration.timeout = callTimeout
        configuration.connectTimeout = callTimeout
        configuration.tls = try tlsOptions(for: command)
        return configuration
    }

    /// A client. Throws a usage failure when it cannot be made of these options.
    package func client(
        _ configuration: CacheClient.Configuration, for command: String
    ) throws(CommandFailure) -> CacheClient {
        do throws(CacheError) {
            return try CacheClient(configuration)
        } catch {
            throw .usage(error.message, command: command)
        }
    }

    private func tlsOptions(for command: String) throws(CommandFailure) -> CacheClient.TLS? {
        let options = CacheClient.TLS(
            caFile: tlsCA ?? Variable.tlsCA.value,
            certificateFile: tlsCertificate ?? Variable.tlsCertificate.value,
            keyFile: tlsKey ?? Variable.tlsKey.value,
            serverName: tlsServerName ?? Variable.tlsServerName.value)
        if tls || options != CacheClient.TLS() { return options }
        switch Variable.tls.value {
        case nil, "false", "0": return nil
        case "true", "1": return options
        case let value?:
            throw .usage(
                "\(Variable.tls.rawValue)=\(value): must be true or false", command: command)
        }
    }
}
