// The commands about entries against a real server: what they print and how they end.

import Foundation
import Testing

@Suite struct EntryCommandTests {
    @Test("set, get, exists, touch and delete answer people in sentences")
    func human() async throws {
        try await ServerProcess.run { _, cachectl in
            let set = try await cachectl.run("set", "user:1", #"{"name":"Ada"}"#, "--ttl", "5m")
            #expect(set.exitCode == 0)
            #expect(set.output.hasPrefix("stored user:1, version 1, expires 20"))
            let get = try await cachectl.run("get", "user:1")
            #expect(get.exitCode == 0 && get.errors.isEmpty)
            #expect(get.output == #"{"name":"Ada"}"#)
            let exists = try await cachectl.run("exists", "user:1")
            #expect(exists.output.hasPrefix("user:1 exists, version 1, expires 20"))
            let touch = try await cachectl.run("touch", "user:1", "--no-expiry")
            #expect(touch.output == "touched user:1, version 2, never expires\n")
            #expect(try await cachectl.run("delete", "user:1").output == "deleted user:1\n")
        }
    }

    @Test("what is not there ends with 1, on each command")
    func misses() async throws {
        try await ServerProcess.run { _, cachectl in
            let get = try await cachectl.run("get", "user:1")
            #expect(get.exitCode == 1 && get.bytes.isEmpty)
            #expect(get.errors == "cachectl: user:1 does not exist\n")
            for command in ["exists", "touch", "delete"] {
                let result = try await cachectl.run(command, "user:1")
                #expect(result.exitCode == 1)
                #expect(result.output == "user:1 does not exist\n")
            }
            let json = try await cachectl.run("get", "user:1", "--json")
            #expect(json.exitCode == 1 && json.errors.isEmpty)
            #expect(json.output == #"{"hit":false,"key":"user:1"}"# + "\n")
        }
    }

    @Test("with --json each answer is one object with the contract's names")
    func json() async throws {
        try await ServerProcess.run { _, cachectl in
            let set = try await cachectl.run(
                "set", "user:1", "Ada", "--ttl", "5m", "--content-type", "text/plain",
                "--metadata", "owner=billing", "--tag", "red", "--tag", "blue", "--json")
            #expect(set.object?["stored"] as? Bool == true)
            #expect((set.object?["expiresAt"] as? String)?.hasSuffix("Z") == true)
            let entry = try await cachectl.run("get", "user:1", "--json").object
            #expect(entry?["value"] as? String == "Ada")
            #expect(entry?["source"] as? String == "l1")
            #expect(entry?["contentType"] as? String == "text/plain")
            #expect(entry?["metadata"] as? [String: String] == ["owner": "billing"])
            #expect((entry?["tags"] as? [String])?.sorted() == ["blue", "red"])
            #expect(entry?["cachedAt"] is String && entry?["expiresAt"] is String)
            let exists = try await cachectl.run("exists", "user:1", "--json").object
            #expect(exists?["exists"] as? Bool == true)
            let touch = try await cachectl.run("touch", "user:1", "--json", "--no-expiry").object
            #expect(touch?["touched"] as? Bool == true && touch?["expiresAt"] == nil)
            let delete = try await cachectl.run("delete", "user:1", "--json").object
            #expect(delete?["deleted"] as? Bool == true && delete?["existed"] as? Bool == true)
        }
    }

    @Test("a condition that is not met ends with 1 and says which version there is")
    func conditions() async throws {
        try await ServerProcess.run { _, cachectl in
            #expect(try await cachectl.run("set", "k", "v", "--if-present").exitCode == 1)
            #expect(try await cachectl.run("set", "k", "v", "--if-absent").exitCode == 0)
            let taken = try await cachectl.run("set", "k", "w", "--if-absent")
            #expect(taken.exitCode == 1)
            #expect(taken.output == "not stored: k exists, version 1\n")
            let wrong = try await cachectl.run("set", "k", "w", "--if-version", "9", "--json")
            #expect(wrong.exitCode == 1)
            #expect(wrong.object?["reason"] as? String == "version_mismatch")
            #expect(wrong.object?["currentVersion"] as? Int == 1)
            #expect(try await cachectl.run("set", "k", "w", "--if-version", "1").exitCode == 0)
            #expect(try await cachectl.run("delete", "k", "--if-version", "1").exitCode == 1)
            let same = try await cachectl.run("get", "k", "--if-version-not", "2")
            #expect(same.exitCode == 1 && same.bytes.isEmpty)
            #expect(try await cachectl.run("get", "k", "--if-version-not", "1").output == "w")
        }
    }

    @Test("several keys are a line each, in the order that was asked")
    func severalKeys() async throws {
        try await ServerProcess.run { _, cachectl in
            for (key, value) in [("a", "one\ntwo"), ("b", "x")] {
                #expect(try await cachectl.run("set", key, value).exitCode == 0)
            }
            let get = try await cachectl.run("get", "b", "nope", "a")
            #expect(get.exitCode == 1)
            #expect(get.output == "b\tx\na\tone\\ntwo\n")
            #expect(get.errors == "cachectl: nope does not exist\n")
            let json = try await cachectl.run("get", "b", "nope", "a", "--json")
            #expect(json.objects?.map { $0["hit"] as? Bool } == [true, false, true])
            let delete = try await cachectl.run("delete", "a", "b", "nope")
            #expect(delete.exitCode == 1)
            #expect(delete.output == "deleted a\ndeleted b\nnope does not exist\n")
        }
    }

    @Test("several keys whose values do not fit into one reply all come")
    func largeBatch() async throws {
        try await ServerProcess.run { server, cachectl in
            let keys = (0..<9).map { "big:\($0)" }
            try await CacheLoader.fill(
                server, keys: Array(keys[..<3]), value: [UInt8](repeating: 0x61, count: 1_000_000))
            try await CacheLoader.fill(
                server, keys: Array(keys[3..<6]), value: [UInt8](repeating: 0x62, count: 1_000_000))
            try await CacheLoader.fill(
                server, keys: Array(keys[6...]), value: [UInt8](repeating: 0x63, count: 1_000_000))
            let get = try await cachectl.run(["get"] + keys)
            #expect(get.exitCode == 0)
            let lines = get.output.split(separator: "\n")
            #expect(lines.map { String($0.prefix { $0 != "\t" }) } == keys)
            #expect(lines.allSatisfy { $0.utf8.count == 1_000_006 })
        }
    }
}
