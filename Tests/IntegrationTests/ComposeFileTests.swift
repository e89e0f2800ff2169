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

    @Test("Redis accepts the options of every server")
    func options() async throws {
        let environment = URL(filePath: "/usr/bin/env")
        for (name, service) in try Self.compose().services {
            let words = service.command.words
            guard words.first == "redis-server" else { continue }
            let folder = try TemporaryFolder()
            // Later options win: the test must not meet what runs on the usual ports.
            let own = ["--dir", folder.path, "--port", "0", "--unixsocket", "s", "--save", ""]
            let rest = words.contains("--replicaof") ? ["--replicaof", "no", "one"] : []
            let cluster = words.contains("--cluster-enabled") ? ["--cluster-enabled", "no"] : []
            let process = try RunningProcess(environment, words + own + rest + cluster)
            let ready = try await process.said.wait(for: "start of \(name)") { said -> Bool? in
                if said.isComplete { return false }
                return said.outputLines.contains { $0.contains("eady to accept") } ? true : nil
            }
            #expect(ready, "\(process.said.value)")
            process.signal(SIGKILL)
            _ = try await process.end()
        }
    }
}
