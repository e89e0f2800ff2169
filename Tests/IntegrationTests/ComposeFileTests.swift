// Whether deploy/compose.yaml describes servers that Redis accepts, on the ports it promises.

import Foundation
import Testing
import Yams

@Suite struct ComposeFileTests {
    private struct Compose: Decodable {
        var services: [String: Service]
        var volumes: [String: String?]
    }

    private struct Service: Decodable {
        var image: String
        var profiles: [String]
        var command: Command
        var environment: [String: String]?
        var volumes: [String]?
    }

    private enum Command: Decodable {
        case words([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let line = try? container.decode(String.self) {
                self = .words(line.split(separator: " ").map(String.init))
            } else {
                self = .words(try container.decode([String].self))
            }
        }

        var words: [String] {
            switch self {
            case .words(let words): words
            }
        }
    }

    private static func compose() throws -> Compose {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "deploy/compose.yaml")
        return try YAMLDecoder().decode(
            Compose.self, from: String(contentsOf: file, encoding: .utf8))
    }

    /// The value behind an option of a command.
    private static func value(_ option: String, of words: [String]) -> String? {
        words.firstIndex(of: option).map { words[$0 + 1] }
    }

    @Test("a cluster of three nodes on 7001 to 7003, with a timeout and an append-only file")
    func cluster() throws {
        let services = try Self.compose().services
        for node in 1...3 {
            let service = try #require(services["redis-node-\(node)"])
            let words = service.command.words
            #expect(service.profiles == ["cluster"])
            #expect(Self.value("--port", of: words) == "700\(node)")
            #expect(Self.value("--cluster-enabled", of: words) == "yes")
            #expect(Self.value("--cluster-node-timeout", of: words) == "5000")
            #expect(Self.value("--appendonly", of: words) == "yes")
        }
        let creation = try #require(services["redis-cluster-create"]).command.words.last
        #expect(creation?.contains("--cluster create 127.0.0.1:7001 127.0.0.1:7002") == true)
    }

    @Test("one server with a password, an append-only file and a volume; a Sentinel trio")
    func others() throws {
        let compose = try Self.compose()
        let single = try #require(compose.services["redis"])
        #expect(Self.value("--requirepass", of: single.command.words)?.isEmpty == false)
        #expect(Self.value("--appendonly", of: single.command.words) == "yes")
        #expect(single.volumes?.isEmpty == false)
        let profiles = compose.services.values.flatMap(\.profiles)
        #expect(profiles.count { $0 == "sentinel" } == 5)
        let volumes = compose.services.values.flatMap { $0.volumes ?? [] }
        #expect(
            Set(volumes.compactMap { $0.split(separator: ":").first.map(String.init) })
                == Set(compose.volumes.keys))
    }

    @Test("what Sentinels change about master and replica survives a start")
    func replication() throws {
        let services = try Self.compose().services
        #expect(services["redis-replica"]?.environment?["FIRST_MASTER"] == "6380")
        #expect(services["redis-master"]?.environment == ["PORT": "6380"])
        for name in ["redis-master", "redis-replica"] {
            let script = try #require(services[name]?.command.words.last)
            #expect(script.contains("if [ ! -e redis.conf ]") && !script.contains("--replicaof"))
        }
    }

    /// What starts a service's server in a folder; nil where it starts none. Later options win: the
    /// test must not meet what runs on the usual ports.
    private static func start(_ service: Service, in folder: TemporaryFolder) throws -> [String]? {
        let words = service.command.words
        let own = ["--dir", folder.path, "--port", "0", "--unixsocket", "s", "--save", ""]
        if words.first == "redis-server" {
            let isNode = words.contains("--cluster-enabled")
            return words + own + (isNode ? ["--cluster-enabled", "no"] : [])
        }
        guard let script = words.last, script.contains("redis-server redis.conf") else {
            return nil
        }
        // In place of the image's own.
        let entrypoint = folder.path + "/docker-entrypoint.sh"
        try "#!/bin/sh\nexec \"$@\" \(own.map { "'\($0)'" }.joined(separator: " "))\n"
            .write(toFile: entrypoint, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o700], ofItemAtPath: entrypoint)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
        return [
            "-C", folder.path, "PATH=\(folder.path):\(path)", "PORT=0", "sh", "-c",
            script.replacing("$$", with: "$").replacing("dir /data", with: "dir ."),
        ]
    }

    @Test("Redis accepts the options of every server")
    func options() async throws {
        let environment = URL(filePath: "/usr/bin/env")
        var started = 0
        for (name, service) in try Self.compose().services {
            let folder = try TemporaryFolder()
            guard let words = try Self.start(service, in: folder) else { continue }
            let process = try RunningProcess(environment, words)
            let ready = try await process.said.wait(for: "start of \(name)") { said -> Bool? in
                if said.isComplete { return false }
                return said.outputLines.contains { $0.contains("eady to accept") } ? true : nil
            }
            #expect(ready, "\(process.said.value)")
            process.signal(SIGKILL)
            _ = try await process.end()
            started += 1
        }
        #expect(started == 6, "one alone, three nodes, master and replica")
    }
}
