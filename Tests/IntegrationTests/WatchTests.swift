// `cachectl watch` through everything that can happen to a stream.

import Foundation
import Testing

@Suite struct WatchTests {
    @Test("every kind of change is a line, and only of the keys that were asked for")
    func events() async throws {
        try await ServerProcess.run { _, cachectl in
            let watch = try await cachectl.watch("user:*")
            _ = try await cachectl.run("set", "other", "v")
            _ = try await cachectl.run("set", "user:1", "v", "--origin-id", "web-1")
            _ = try await cachectl.run("touch", "user:1", "--ttl", "5m")
            _ = try await cachectl.run("delete", "user:1")
            _ = try await cachectl.run(
                "invalidate", "--pattern", "user:*", "--reason", "new schema")
            _ = try await cachectl.run("invalidate", "--everything", "--yes")
            _ = try await watch.outputLine { $0.contains(" everything ") }
            watch.signal(SIGINT)
            let said = try await watch.end()
            #expect(said.exitCode == 0)
            let lines = said.outputLines.map {
                $0.split(separator: " ").dropFirst().map(String.init)
            }
            #expect(lines.count == 5)
            #expect(lines[0] == ["set", "key=user:1", "version=1", "origin=web-1"])
            #expect(lines[1].prefix(2) == ["touch", "key=user:1"])
            #expect(lines[2].prefix(2) == ["delete", "key=user:1"])
            #expect(lines[3].prefix(2) == ["invalidate", "pattern=user:*"])
            #expect(lines[3].suffix(2) == ["cause=\"new", "schema\""])
            #expect(lines[4].prefix(2) == ["invalidate", "everything"])
        }
    }

    @Test("with --json each message is an object, and its token continues right after it")
    func tokens() async throws {
        try await ServerProcess.run { _, cachectl in
            let watch = try await cachectl.watch("--json")
            _ = try await cachectl.run("set", "a", "1")
            let line = try await watch.outputLine { $0.contains(#""key":"a""#) }
            let event = try #require(Cachectl.Result.objects(line)?.first)
            #expect(event["type"] as? String == "event" && event["kind"] as? String == "set")
            let token = try #require(event["resumeToken"] as? String)
            watch.signal(SIGTERM)
            #expect(try await watch.end().exitCode == 0)

            _ = try await cachectl.run("set", "b", "2")
            let second = try cachectl.start(["watch", "--since", token, "--json"])
            let next = try await second.outputLine { $0.contains(#""type":"event""#) }
            #expect(Cachectl.Result.objects(next)?.first?["key"] as? String == "b")
            try await second.errorLine(containing: "resumed")
        }
    }

    @Test("a network that drops loses nothing: what happened meanwhile comes after it")
    func networkDrop() async throws {
        try await ServerProcess.run { server, cachectl in
            let proxy = try await TCPProxy.start(to: server.port)
            let watch = try await Cachectl(server: proxy.address).watch("user:*")
            _ = try await cachectl.run("set", "user:1", "v")
            _ = try await watch.outputLine { $0.contains("key=user:1") }
            proxy.cut()
            try await watch.errorLine(containing: "lost the connection")
            _ = try await cachectl.run("set", "user:2", "v")
            _ = try await cachectl.run("set", "user:1", "w")
            proxy.mend()
            try await watch.errorLine(containing: "resumed: nothing was lost")
            _ = try await watch.outputLine { $0.contains("key=user:1 version=2") }
            let lines = watch.said.value.outputLines
            #expect(lines.count == 3)
            #expect(lines.count { $0.contains("key=user:2") } == 1)
            try await proxy.stop()
        }
    }

    @Test("a network that goes silent is noticed by the heartbeats that do not come")
    func networkSilence() async throws {
        try await ServerProcess.run { server, cachectl in
            let proxy = try await TCPProxy.start(to: server.port)
            let through = Cachectl(server: proxy.address)
            let watch = try await through.watch("--heartbeat", "1s")
            proxy.freeze()
            _ = try await cachectl.run("set", "k", "v")
            try await watch.errorLine(containing: "nothing was heard for too long")
            try await watch.errorLine(containing: "resumed: nothing was lost")
            _ = try await watch.outputLine { $0.contains("key=k") }
            try await proxy.stop()
        }
    }

    @Test("after a restart of the server on its port it says why it had to reset, and goes on")
    func restart() async throws {
        let first = try await ServerProcess.start()
        let watch = try await Cachectl(server: first.address).watch()
        try await first.kill()
        try await watch.errorLine(containing: "lost the connection")
        let second = try await ServerProcess.start(port: first.port)
        try await watch.errorLine(containing: "reset: the server was restarted")
        _ = try await Cachectl(server: second.address).run("set", "k", "v")
        _ = try await watch.outputLine { $0.contains("key=k") }
        #expect(watch.said.value.errorLines.count { $0.contains("lost the connection") } == 1)
        #expect(try await second.stop() == 0)
    }

    @Test("SIGINT of the server ends it with 0 while a watcher waits, who leaves and comes back")
    func drain() async throws {
        let first = try await ServerProcess.start()
        let watch = try await Cachectl(server: first.address).watch()
        #expect(try await first.stop(SIGINT) == 0)
        try await watch.errorLine(containing: "draining: the server is going away")
        let second = try await ServerProcess.start(port: first.port)
        try await watch.errorLine(containing: "reset:")
        #expect(
            watch.said.value.errorLines.count { $0.contains("lost") && !$0.contains("reset") } == 0)
        watch.signal(SIGINT)
        #expect(try await watch.end().exitCode == 0)
        #expect(try await second.stop() == 0)
    }

    @Test("a writer's own changes can be left out")
    func skipOrigin() async throws {
        try await ServerProcess.run { _, cachectl in
            let watch = try await cachectl.watch("--skip-origin", "me")
            _ = try await cachectl.run("set", "a", "v", "--origin-id", "me")
            _ = try await cachectl.run("set", "b", "v", "--origin-id", "you")
            _ = try await watch.outputLine { $0.contains("key=b") }
            #expect(watch.said.value.outputLines.count == 1)
        }
    }
}
