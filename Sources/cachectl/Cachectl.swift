// The program: its commands, its exit codes and how it says what went wrong; main thread.

import ArgumentParser
import Console
import GRPC

/// `cachectl`, and what all of its commands share.
@main
struct Cachectl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: GlobalOptions.program,
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
            TopCommand.self, WatchCommand.self, HealthCommand.self,
        ])

    @OptionGroup(title: "Global options") var options: GlobalOptions

    static func main() async { await Program.run(Self.self) }

    /// Without a command: the help, and the exit code of a wrong command line.
    func run() async throws {
        print(Self.helpMessage())
        throw ExitCode(ProgramExit.usage.rawValue)
    }
}
