// The program: its commands, its exit codes and how it says what went wrong; main thread.

import ArgumentParser
import Foundation
import GRPC

/// `cachectl`, and what all of its commands share.
@main
struct Cachectl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cachectl",
        abstract: "Reads, writes, invalidates and watches a cache server.",
        discussion: """
            EXAMPLES:
              $ cachectl set user:123 '{"name":"Ada"}' --ttl 5m
              $ cachectl get user:123
              $ cachectl watch 'user:*'

            EXIT CODES:
              0  done
              1  a miss, or a condition that was not met
              2  a wrong command line, or a file that cannot be used
              3  the server cannot be reached
              4  the server refused, or did not answer in time
            """,
        version: ProductVersion.text,
        subcommands: [
            GetCommand.self, SetCommand.self, DeleteCommand.self, ExistsCommand.self,
            TouchCommand.self, KeysCommand.self, InvalidateCommand.self, StatsCommand.self,
            WatchCommand.self, HealthCommand.self,
        ])

    @OptionGroup(title: "Global options") var options: GlobalOptions

    static func main() async {
        // A reader that went away (`| head`) shows as a failed write, which ends us quietly.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            end(failure)
        } catch {
            // The rest is the parser's: help that was asked for, an exit code without a word, or
            // a wrong command line, for which it would exit with 64.
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            end(.usage(message(for: error), command: CommandLine.arguments.commandName))
        }
    }

    private static func end(_ failure: CommandFailure) -> Never {
        failure.report(asJSON: CommandLine.arguments.isJSONAsked)
        exit(withError: ExitCode(failure.exit.rawValue))
    }

    /// Without a command: the help, and the exit code of a wrong command line.
    func run() async throws {
        print(Self.helpMessage())
        throw ExitCode(ProgramExit.usage.rawValue)
    }
}

extension [String] {
    /// Whether JSON was asked for, as far as a command line tells that may be wrong.
    fileprivate var isJSONAsked: Bool { prefix { $0 != "--" }.contains("--json") }

    /// The command that was meant, for the advice to read its help.
    fileprivate var commandName: String {
        let names = Cachectl.configuration.subcommands.compactMap { $0.configuration.commandName }
        return dropFirst().first(where: names.contains).map { "cachectl \($0)" } ?? "cachectl"
    }
}
