// The real cacheload against a real server: what it prints and how it ends.

import CacheManagerClient
import Foundation
import Testing

@Suite struct LoadProgramTests {
    private func start(_ server: String, _ arguments: [String]) throws -> RunningProcess {
        try RunningProcess(
            Program.load.url(), ["--server", server] + arguments)
    }

    private func report(_ said: RunningProcess.Said) throws -> [String: Any] {
        let text = String(decoding: said.output, as: UTF8.self)
        return try #require(Cachectl.Result.objects(text)?.first)
    }

    @Test("a filled cache answers every read with the right value")
    func filled() async throws {
        try await ServerProcess.run { server, _ in
            let said = try await start(
                server.address,
                [
                    "--duration", "300ms", "--keys", "50", "--fill", "--json", "--connections",
                    "2", "--timeout", "30s",
                ]
            ).end()
            #expect(said.exitCode == 0 && said.errors.isEmpty)
            let report = try report(said)
            #expect(report["hitRate"] as? Double == 1 && report["wrongValues"] as? Int == 0)
            #expect(report["calls"] as? Int ?? 0 > 0)
            #expect((report["errors"] as? [String: Int])?.isEmpty == true)
            let latency = report["latencyNanoseconds"] as? [String: Int]
            #expect(latency?["p50"] ?? 0 > 0)
            #expect(latency?["max"] ?? 0 >= latency?["p999"] ?? 1)
        }
    }

    @Test("an open loop sends at the rate that was asked for")
    func rate() async throws {
        try await ServerProcess.run { server, _ in
            let said = try await start(
                server.address,
                ["--duration", "1s", "--rate", "50", "--json", "--timeout", "30s"]
            ).end()
            let report = try report(said)
            let sent = report["calls"] as? Int ?? 0
            #expect(sent + (report["unsent"] as? Int ?? 0) == 50)
        }
    }

    @Test("a value that is not the one that was written is counted, and ends it with 1")
    func wrong() async throws {
        try await ServerProcess.run { server, _ in
            try await CacheLoader.fill(server, keys: ["load:10:0"], value: [1, 2, 3])
            let said = try await start(
                server.address,
                [
                    "--duration", "200ms", "--keys", "1", "--value-size", "10", "--reads", "1",
                    "--timeout", "30s",
                ]
            ).end()
            #expect(said.exitCode == 1)
            #expect(
                said.outputLines.contains { $0.hasPrefix("wrong values ") && !$0.hasSuffix(" 0") })
        }
    }

    @Test("Ctrl-C prints what was measured so far")
    func interrupted() async throws {
        try await ServerProcess.run { server, cachectl in
            let load = try start(
                server.address, ["--duration", "1h", "--keys", "1", "--reads", "0"])
            let watch = try await cachectl.watch("load:*")
            _ = try await watch.outputLine { $0.contains("key=load:100:0") }
            load.signal(SIGINT)
            let said = try await load.end()
            #expect(said.exitCode == 0)
            #expect(said.outputLines.contains { $0.hasPrefix("latency p99.9") })
            watch.signal(SIGINT)
            _ = try await watch.end()
        }
    }

    @Test("a server that is not there is exit 3, a wrong command line exit 2")
    func failures() async throws {
        let gone = try await start("127.0.0.1:1", []).end()
        #expect(gone.exitCode == 3 && gone.output.isEmpty)
        #expect(gone.errorLines.first?.hasPrefix("cacheload: cannot reach 127.0.0.1:1") == true)
        let wrong = try await start("127.0.0.1:1", ["--reads", "2"]).end()
        #expect(wrong.exitCode == 2)
        #expect(wrong.errorLines.first?.hasPrefix("cacheload: ") == true)
    }
}
