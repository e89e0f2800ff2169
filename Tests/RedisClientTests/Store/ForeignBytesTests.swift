// What others left under our keys: a counted miss, overwritten, removed, and never served.

import CacheEngine
import Invalidation
import NIOCore
import Testing

@testable import RedisClient

@Suite(.realServers) struct ForeignBytesTests {
    /// Puts something foreign where the entry of `key` belongs.
    private typealias Spoiler = @Sendable (TestStore, String) async throws -> Void

    private static let spoilers: [(fault: String, spoil: Spoiler)] = [
        ("size", { try await $0.command("SET", $1, "") }),
        ("size", { try await $0.command("SET", $1, "hello") }),
        ("magic", { try await $0.command("SET", $1, String(repeating: "x", count: 100)) }),
        ("magic", { try await $0.command("SETRANGE", $1, "0", "cm") }),
        ("format", { try await $0.command("SETRANGE", $1, "2", "\u{2}") }),
        ("lengths", { try await $0.command("APPEND", $1, "x") }),
        ("lengths", { try await $0.command("SETRANGE", $1, "48", "\u{0}") }),
        ("type", { try await $0.command("RPUSH", $1 + "", "x") }),
        ("type", { try await $0.command("HSET", $1, "a", "b") }),
        ("type", { try await $0.command("XADD", $1, "*", "a", "b") }),
        ("type", { try await $0.command("SADD", $1, "a") }),
    ]

    private func spoil(_ index: Int, _ key: String, _ test: TestStore) async throws -> String {
        let (fault, spoil) = Self.spoilers[index]
        let name = test.name(.entry, of: key)
        if ["type", "size"].contains(fault) {
            try await test.command("DEL", name)
        } else {
            try await test.set(key, "a real value", tags: ["t"])
        }
        try await spoil(test, name)
        return fault
    }

    @Test func foreignBytesAreACountedMiss() async throws {
        try await TestStore.with { test in
            var expected: [String: Int] = [:]
            for index in Self.spoilers.indices {
                let fault = try await spoil(index, "k\(index)", test)
                #expect(try await test.get("k\(index)") == nil, "\(fault) \(index)")
                expected[fault, default: 0] += 1
                if index == 0 {
                    // To Redis an empty string looks like none in GET's other form.
                    #expect(try await test.head("k0") == nil)
                }
            }
            #expect(test.store.statistics.foreignValues == expected)
        }
    }

    @Test func whatCannotBeUnpackedIsACountedMissAndIsOverwritten() async throws {
        try await TestStore.with { test in
            // A method that nobody knows; and a value that never was compressed.
            for (method, fault) in [("\u{2}", "compression"), ("\u{1}", "block")] {
                try await test.set("k", "a real value", tags: ["t"])
                try await test.command("SETRANGE", test.name(.entry, of: "k"), "3", method)
                #expect(try await test.get("k") == nil)
                #expect(test.store.statistics.foreignValues[fault] == 1)
                try await test.set("k", "new")
                #expect(try await test.text("k") == "new")
            }
        }
    }

    @Test func foreignBytesCountAsAbsentAndAreOverwritten() async throws {
        try await TestStore.with { test in
            for index in Self.spoilers.indices {
                let key = "k\(index)"
                _ = try await spoil(index, key, test)
                #expect(try await test.touch(key, ttl: nil) == nil, "\(index)")
                #expect(
                    try await test.set(key, condition: .ifPresent)
                        == .notStored(.absent, currentVersion: 0), "\(index)")
                #expect(
                    try await test.set(key, condition: .ifVersion(7))
                        == .notStored(.absent, currentVersion: 0), "\(index)")
                #expect(
                    try await test.delete(key, ifVersion: 7)
                        == DeleteOutcome(
                            existed: false, deleted: false, version: 0, currentVersion: 0),
                    "\(index)")
                let version = try await test.version(key, "new", condition: .ifAbsent)
                #expect(try await test.text(key) == "new")
                #expect(try await test.get(key)?.version == version)
            }
        }
    }

    @Test func foreignBytesAreOverwrittenAndRemovedWithoutAsking() async throws {
        try await TestStore.with { test in
            for index in Self.spoilers.indices {
                let key = "k\(index)"
                _ = try await spoil(index, key, test)
                try await test.set(key, "new")
                #expect(try await test.text(key) == "new", "\(index)")
                _ = try await spoil(index, key, test)
                try await test.set(key, "newer", announced: false)
                #expect(try await test.text(key) == "newer", "\(index)")
                _ = try await spoil(index, key, test)
                _ = try await test.delete(key)
                #expect(
                    try await test.command("EXISTS", test.name(.entry, of: key)) == .integer(0),
                    "\(index)")
            }
        }
    }

    @Test func randomBytesNeverComeBackAsAnEntry() async throws {
        try await TestStore.with { test in
            var random = SystemRandomNumberGenerator()
            let name = Array(test.name(.entry, of: "k").utf8)
            for round in 0..<300 {
                var bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                // Half of them look like ours at first.
                if round % 2 == 0 {
                    bytes.replaceSubrange(0..<min(3, bytes.count), with: [67, 77, 1])
                }
                try await test.command(Array("SET".utf8), name, bytes)
                if let entry = try await test.get("k") {
                    // Only where everything adds up, by a chance of less than 2^-60.
                    #expect(entry.storedByteCount == bytes.count)
                    Issue.record("random bytes were served")
                }
            }
            #expect(test.store.statistics.foreignValues.values.reduce(0, +) == 300)
        }
    }

    @Test func aLeaseThatIsForeignIsNobodys() async throws {
        try await TestStore.with { test in
            let lease = try #require(try await test.lease("k"))
            try await test.command("DEL", test.name(.lease, of: "k"))
            try await test.command("RPUSH", test.name(.lease, of: "k"), "x")
            #expect(try await test.set("k", lease: lease) == .leaseLost(currentVersion: 0))
            try await test.set("k")
            #expect(try await test.lease("k") != nil)
        }
    }

    @Test(arguments: [
        "a", "ключ", "日本語:🙂", "{}", "}{", "{x}", "a{1}b", "*", "a*b", "[a-z]", "?", "\\", "a b",
        "'\"",
        "e:", ":", "::", "lease:x", "%s%d", String(repeating: "k", count: 1_024),
    ])
    func everyKeyThatIsAllowedWorks(key: String) async throws {
        try await TestStore.with { test in
            let version = try await test.version(key, "value of \(key)")
            #expect(try await test.text(key) == "value of \(key)")
            #expect(try await test.touch(key, ttl: nil)?.version == version + 1)
            #expect(try await test.log(of: key).map(\.target) == [key, key])
            let everything = try Glob("*")
            let page = try await test.store.keys(
                after: nil, limit: 10, matching: everything, on: test.router,
                deadline: test.deadline)
            #expect(page.keys == [Array(key.utf8)])
            #expect(try await test.delete(key).deleted)
            #expect(try await test.get(key) == nil)
        }
    }
}
