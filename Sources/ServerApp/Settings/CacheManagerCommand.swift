// Owns the command line of the server: help, --print-config, or the run; main thread.

package import ArgumentParser
import Foundation
import GRPC

/// The `cache-manager` program.
package struct CacheManagerCommand: AsyncParsableCommand {
    /// What the program exits with when its command line or its settings are wrong.
    package static let usageExitCode: Int32 = 2

    /// What `--help` says.
    package static let configuration = CommandConfiguration(
        commandName: "cache-manager",
        abstract: "A cache server that clients in any language call over gRPC.",
        usage: "cache-manager [--config <path>] [--<setting> <value> ...] [--print-config]",
        discussion: """
            Example: cache-manager --listen-port 50051 --l1-max-bytes 1GiB

            A flag wins over its environment variable, which wins over the settings file. \
            The file is the one of --config, else of \(SettingsLoader.fileVariable), else \
            ./\(SettingsLoader.defaultFile) if it is there. SIGHUP reads it again; \
            SIGTERM and Ctrl-C finish the calls in flight and exit 0.

            SETTINGS:
            \(SettingsReference.help())
            """,
        version: ProductVersion.text)

    @Option(help: ArgumentHelp("The settings file, in YAML.", valueName: "path"))
    var config: String?

    @Flag(help: "Print every setting, its value and where it came from, and exit.")
    var printConfig = false

    @Flag(help: "With --print-config: print JSON.")
    var json = false

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var settings: [String] = []

    /// Made by the argument parser only.
    package init() {}

    /// Refuses a flag that would do nothing.
    ///
    /// - Throws: `ValidationError` for `--json` without `--print-config`.
    package func validate() throws {
        if json && !printConfig { throw ValidationError("--json goes with --print-config") }
    }

    /// Loads the settings, then prints them or runs the server until it is told to stop.
    ///
    /// - Throws: `ExitCode` 2 when the settings are wrong, and what the server's run throws.
    package mutating func run() async throws {
        let loaded = try load()
        if printConfig {
            print(loaded.printed(format: json ? .json : .text), terminator: "")
        } else {
            try await ServerProcess.run(loaded)
        }
    }

    /// Runs the program and exits with its code, which is 2 for a wrong command line.
    package static func main() async {
        do {
            var command = try parse()
            try await command.run()
        } catch {
            // The parser's own code for a wrong command line is 64.
            if exitCode(for: error) == .validationFailure {
                FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
                exit(withError: ExitCode(usageExitCode))
            }
            if let wrong = error as? ServerError, wrong.isAboutSettings {
                FileHandle.standardError.write(Data("Error: \(wrong)\n".utf8))
                exit(withError: ExitCode(usageExitCode))
            }
            exit(withError: error)
        }
    }

    private func load() throws -> LoadedSettings {
        do {
            let file = config.map { [SettingsLoader.fileFlag, $0] } ?? []
            return try SettingsLoader.load(
                arguments: settings + file, environment: ProcessInfo.processInfo.environment,
                workingDirectory: FileManager.default.currentDirectoryPath)
        } catch {
            let text = "cache-manager: the settings are wrong\n\(error)\n"
            FileHandle.standardError.write(Data(text.utf8))
            throw ExitCode(Self.usageExitCode)
        }
    }
}
