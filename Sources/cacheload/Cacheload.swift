// The program: its options and its order of work; main thread.

import ArgumentParser
import CacheManagerClient
import Console
import GRPC

/// `cacheload`: sends calls for a while, checks every value, and tells how long they took.
@main
struct Cacheload: AsyncParsableCommand {
    static let program = "cacheload"

    static let configuration = CommandConfiguration(
        commandName: program,
        abstract: "Puts load on a cache server and measures how it answers.",
        discussion: """
            Each stream of each connection makes one call after the other: a Get of a key that \
            is drawn by Zipf's law, or a Set of it. Every value is made from its key, so a wrong \
            one is noticed. With --rate the calls have fixed times, and a latency counts from \
            the time at which its call was meant to be sent, however late it was; without it \
            each stream sends its next call when it has the answer to the last one, and 10 ms \
            after a failed one. Only \
            answered calls have a latency. Ctrl-C prints what was measured so far.

            EXAMPLES:
              $ cacheload --connections 2 --streams 16 --duration 30s --fill
              $ cacheload --rate 20000 --reads 0.95 --value-size 1000 --json

            EXIT CODES:
              0  done; calls that failed are counted in the result
              1  a value was not the one that was written
              2  a wrong command line, or a file that cannot be used
              3  the server cannot be reached when it begins
              4  it refused, or did not answer in time, when it begins
            """,
        version: ProductVersion.text)

    static func main() async { await Program.run(Self.self) }

    @OptionGroup(title: "Load") var load: LoadOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    @Flag(help: "Print the result as one JSON object.")
    var json = false

    func run() async throws {
        let output = Output(of: Self.program, isJSON: json)
        let plan = load.plan
        let configuration = try connection.configuration(for: Self.program)
        var clients: [CacheClient] = []
        for _ in 0..<plan.connections {
            clients.append(try connection.client(configuration, for: Self.program))
        }
        do {
            try await Preparation(plan: plan, clients: clients).run()
        } catch let error as CacheError {
            throw CommandFailure.call(
                try connection.servers(for: Self.program).description, error)
        }
        let report = await LoadRun(plan: plan, clients: clients).run(
            showing: Output.isErrorTerminal && !json ? output : nil)
        for client in clients { await client.close() }
        try output.show(report)
        if report.wrongValues > 0 { throw ExitCode(ProgramExit.unmet.rawValue) }
    }
}
