// The commands about many keys, and about the server itself, against a real server.

import Foundation
import Testing

@Suite struct KeyspaceCommandTests {
    @Test("keys lists every page, counts, limits, and each key once")
    func keys() async throws {
        try await ServerProcess.run { server, cachectl in
            let all = (0..<2_500).map { "user:\($0)" }
            try await CacheLoader.fill(server, keys: all + ["other"], value: [1])
            let listed = try await cachectl.run("keys", "user:*").output.split(separator: "\n")
            #expect(listed.count == all.count && Set(listed.map(String.init)) == Set(all))
            #expect(try await cachectl.run("keys", "--count").output == "2501\n")
            let count = try await cachectl.run("keys", "user:*", "--count", "--json")
            #expect(count.output == "{\"count\":2500}\n")
            let limited = try await cachectl.run("keys", "--limit", "1100")
            #expect(limited.output.split(separator: "\n").count == 1_100)
            let json = try await cachectl.run("keys", "other", "--json")
            #expect(json.output == "{\"key\":\"other\"}\n")
            let none = try await cachectl.run("keys", "nope:*")
            #expect(none.exitCode == 0 && none.output.isEmpty)
        }
    }

    @Test("a reader that goes away ends keys quietly")
    func closedOutput() async throws {
        try await ServerProcess.run { server, cachectl in
            let keys = (0..<20_000).map { "a-key-that-fills-pipes:\($0)" }
            try await CacheLoader.fill(server, keys: keys, value: [1])
            let shell = try RunningProcess(
                URL(fileURLWithPath: "/bin/sh"),
                [
                    "-c", #"{ "$0" keys; echo "exit $?" >&2; } | head -n 1"#,
                    Program.client.url().path,
                ],
                environment: ["CACHE_MANAGER_SERVER": server.address])
            let said = try await shell.end()
            #expect(said.outputLines.count == 1)
            #expect(said.errorLines == ["exit 0"])
        }
    }

    @Test("invalidate removes by key, pattern, tag and everything, and says how much")
    func invalidate() async throws {
        try await ServerProcess.run { _, cachectl in
            for key in ["user:1", "user:2", "a", "b", "c"] {
                _ = try await cachectl.run("set", key, "v", "--tag", key == "b" ? "red" : "blue")
            }
            #expect(try await cachectl.run("invalidate", "a").output == "invalidated 1 entry\n")
            let pattern = try await cachectl.run("invalidate", "--pattern", "user:*", "--json")
            #expect(pattern.object?["invalidated"] as? Int == 2)
            #expect(pattern.object?["success"] as? Bool == true)
            #expect((pattern.object?["revisionToken"] as? String)?.isEmpty == false)
            let tag = try await cachectl.run("invalidate", "--tag", "red")
            #expect(tag.output == "invalidated 1 entry\n")
            #expect(try await cachectl.run("keys").output == "c\n")
            #expect(try await cachectl.run("invalidate", "--everything").exitCode == 2)
            #expect(try await cachectl.run("keys", "--count").output == "1\n")
            let all = try await cachectl.run("invalidate", "--everything", "--yes")
            #expect(all.exitCode == 0 && all.output == "invalidated 1 entry\n")
            #expect(try await cachectl.run("keys", "--count").output == "0\n")
        }
    }

    @Test("stats is a table of at most 80 columns, and an object for programs")
    func stats() async throws {
        try await ServerProcess.run { _, cachectl in
            _ = try await cachectl.run("set", "k", "v")
            _ = try await cachectl.run("get", "k")
            _ = try await cachectl.run("get", "nope")
            let table = try await cachectl.run("stats").output
            #expect(table.contains("embedded") && table.contains("NAMESPACE"))
            #expect(table.split(separator: "\n").allSatisfy { $0.count <= 80 })
            let stats = try await cachectl.run("stats", "--json").object
            let totals = stats?["totals"] as? [String: Any]
            #expect(totals?["hits"] as? Int == 1 && totals?["misses"] as? Int == 1)
            #expect(totals?["hitRate"] as? Double == 0.5 && totals?["l1Size"] as? Int == 1)
            let one = try await cachectl.run("stats", "--namespace", "default", "--json").object
            let names = (one?["namespaces"] as? [[String: Any]])?.map { $0["namespace"] as? String }
            #expect(names == ["default"])
        }
    }

    @Test("top shows what is used most, once or again and again until a signal")
    func top() async throws {
        try await ServerProcess.run { _, cachectl in
            _ = try await cachectl.run("set", "user:1", "v")
            for key in ["user:1", "user:1", "user:2"] { _ = try await cachectl.run("get", key) }
            let table = try await cachectl.run("top")
            #expect(table.exitCode == 0 && table.output.contains("HOTTEST KEY"))
            #expect(table.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
            let top = try await cachectl.run("top", "--count", "1", "--json").object
            for (list, name, value) in [
                ("hottestKeys", "key", "user:1"), ("missedPrefixes", "prefix", "user:"),
                ("largestEntries", "key", "user:1"),
            ] {
                let items = top?[list] as? [[String: Any]]
                #expect(items?.map { $0[name] as? String } == [value])
            }
            let unknown = try await cachectl.run("top", "--namespace", "nobody")
            #expect(unknown.exitCode == 4)
            let again = try cachectl.start(["top", "--interval", "100ms", "--json"])
            _ = try await again.outputLine { $0.contains("user:1") }
            _ = try await cachectl.run("set", "later", "v")
            _ = try await again.outputLine { $0.contains("later") }
            again.signal(SIGTERM)
            #expect(try await again.end().exitCode == 0)
        }
    }

    @Test("health tells whether the server serves")
    func health() async throws {
        try await ServerProcess.run { _, cachectl in
            let health = try await cachectl.run("health")
            #expect(health.exitCode == 0 && health.output == "SERVING\n")
            let json = try await cachectl.run("health", "cachemanager.v1.Cache", "--json")
            #expect(json.exitCode == 0 && json.object?["status"] as? String == "SERVING")
            #expect(try await cachectl.run("health", "nobody.knows").exitCode == 4)
        }
    }
}
