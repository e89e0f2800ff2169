// How cachectl fails: one line, what to do, and an exit code that means something.

import Foundation
import NIOCore
import NIOPosix
import Testing

@Suite struct FailureTests {
    /// A port that nobody listens on, for it was just given back.
    private static func freePort() async throws -> Int {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        try await listener.close()
        return port
    }

    @Test("a server that is not there is exit 3, in a sentence or as an object")
    func unreachable() async throws {
        let cachectl = Cachectl(server: "127.0.0.1:\(try await Self.freePort())")
        let get = try await cachectl.run("get", "k")
        #expect(get.exitCode == 3 && get.bytes.isEmpty)
        #expect(
            get.errors.hasPrefix("cachectl: cannot reach \(cachectl.server): connection refused;"))
        #expect(get.errors.contains("make run") && get.errors.split(separator: "\n").count == 1)
        let json = try await cachectl.run("get", "k", "--json")
        #expect(json.exitCode == 3)
        #expect(json.errorObject?["code"] as? String == "UNAVAILABLE")
        #expect(json.errorObject?["exitCode"] as? Int == 3)
        #expect(try await cachectl.run("watch").exitCode == 3)
        #expect(try await cachectl.run("set", "k", "v").exitCode == 3)
    }

    @Test("a port that accepts and stays silent is exit 3 once the timeout is over")
    func silent() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let cachectl = Cachectl(server: "127.0.0.1:\(port)")
        #expect(try await cachectl.run("get", "k", "--timeout", "50ms").exitCode == 3)
        try await listener.close()
    }

    @Test(
        "a wrong command line is exit 2 and one line that names the help",
        arguments: [
            ["get"], ["set", "k", "v", "--ttl", "5 parsecs"], ["get", "k", "--server", "::1"],
            ["frobnicate"], ["keys", "--limit", "x"], ["invalidate"],
        ])
    func usage(_ arguments: [String]) async throws {
        let cachectl = Cachectl(server: "127.0.0.1:1")
        let result = try await cachectl.run(arguments)
        #expect(result.exitCode == 2 && result.bytes.isEmpty)
        #expect(result.errors.hasPrefix("cachectl: ") && result.errors.contains("--help'"))
        #expect(result.errors.split(separator: "\n").count == 1)
        let json = try await cachectl.run(arguments + ["--json"])
        #expect(json.exitCode == 2 && json.errorObject?["code"] as? String == "USAGE")
    }

    @Test("no command is the help and exit 2; help and version that are asked for are exit 0")
    func help() async throws {
        let cachectl = Cachectl(server: "127.0.0.1:1")
        let none = try await cachectl.run()
        #expect(none.exitCode == 2 && none.output.contains("USAGE"))
        let help = try await cachectl.run("watch", "--help")
        #expect(help.exitCode == 0 && help.output.contains("$ cachectl watch"))
        let version = try await cachectl.run("--version")
        #expect(version.exitCode == 0 && version.output.split(separator: ".").count == 3)
    }

    @Test("a wrong address in the environment is exit 2 and names the variable")
    func environment() async throws {
        let result = try await Cachectl(server: "http://x").run("get", "k")
        #expect(result.exitCode == 2 && result.errors.contains("CACHE_MANAGER_SERVER=http://x"))
    }

    @Test("files that cannot be used are exit 2, and too much input is not read")
    func files() async throws {
        try await ServerProcess.run { _, cachectl in
            let folder = try TemporaryFolder()
            let missing = try await cachectl.run("set", "k", "--file", folder.file("missing"))
            #expect(missing.exitCode == 2 && missing.errors.contains("no such file"))
            #expect(try await cachectl.run("set", "k", "--file", folder.path).exitCode == 2)
            let sparse = try folder.write("large", [])
            #expect(truncate(sparse, (64 << 20) + 1) == 0)
            let large = try await cachectl.run("set", "k", "--file", sparse)
            #expect(large.exitCode == 2 && large.errors.contains("64 MiB"))
            _ = try await cachectl.run("set", "k", "v")
            let output = try await cachectl.run("get", "k", "--output", folder.file("no/folder"))
            #expect(output.exitCode == 2)
        }
    }

    @Test("what the server refuses is exit 4, with its sentence and its stable reason")
    func refused() async throws {
        try await ServerProcess.run { _, cachectl in
            let pattern = try await cachectl.run("keys", "[", "--json")
            #expect(pattern.exitCode == 4)
            #expect(pattern.errorObject?["code"] as? String == "INVALID_ARGUMENT")
            #expect((pattern.errorObject?["error"] as? String)?.hasPrefix("pattern") == true)
            #expect((pattern.errorObject?["reason"] as? String)?.isEmpty == false)
            let ttl = try await cachectl.run("set", "k", "v", "--ttl", "0s")
            #expect(ttl.exitCode == 4 && ttl.errors.contains("ttl"))
            #expect(try await cachectl.run("watch", "[").exitCode == 4)
            #expect(try await cachectl.run("watch", "--since", "AAAA").exitCode == 4)
            let mixed = try await cachectl.run("get", "k", "bad\u{7}key")
            #expect(mixed.exitCode == 4)
            #expect(mixed.errors.contains("bad\\u{7}key"))
            let large = [UInt8](repeating: 1, count: 5 << 20)
            let set = try await cachectl.run("set", "k", "-", input: large)
            #expect(set.exitCode == 4)
            #expect(try await cachectl.run("exists", "k").exitCode == 1)
        }
    }
}
