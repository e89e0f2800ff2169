// The server's own command line.

import Foundation
import Testing

@Suite struct ServerCommandLineTests {
    @Test("--print-config shows what is in force and where it came from, and starts nothing")
    func printConfig() async throws {
        let process = try RunningProcess(
            Program.server.url(), ["--print-config", "--listen-port", "6123"],
            environment: ["CACHE_DEFAULT_TTL": "90"])
        let said = try await process.end()
        #expect(said.exitCode == 0)
        let text = said.outputLines.joined(separator: "\n")
        #expect(text.contains("listen_port") && text.contains("6123"))
        #expect(text.contains("CACHE_DEFAULT_TTL"))
        #expect(!text.contains("listening on"))
    }

    @Test("a wrong setting stops the start with exit 2 and names it")
    func wrongSetting() async throws {
        let process = try RunningProcess(Program.server.url(), ["--listen-port", "70000"])
        let said = try await process.end()
        #expect(said.exitCode == 2)
        #expect(said.errorLines.joined().contains("listen_port"))
    }

    @Test("a port that is taken stops the start")
    func takenPort() async throws {
        try await ServerProcess.run { server, _ in
            let process = try RunningProcess(
                Program.server.url(), ["--listen-port", String(server.port)])
            let said = try await process.end()
            #expect(said.exitCode != 0 && said.errorLines.joined().contains(String(server.port)))
        }
    }
}
