// The scripts on a real server: every outcome of every one.

import CacheEngine
import Invalidation
import NIOCore
import Testing

@testable import RedisClient

@Suite(.realServers) struct ScriptTests {
    @Test func theServerKnowsTheScriptsByOurDigests() async throws {
        try await TestStore.with { test in
            for script in StoreScript.allCases {
                let digest = try await test.command("SCRIPT", "LOAD", script.text)
                #expect(digest.string == script.digest, "\(script)")
            }
        }
    }

    @Test func aSetComesBackWithItsVersionAndTimes() async throws {
        try await TestStore.with { test in
            var sample = StoredSample(value: Array("v".utf8), tags: [Array("t".utf8)])
            sample.contentType = Array("text/plain".utf8)
            sample.metadata = [.init(name: [1], value: [2, 3])]
            guard
                case .stored(let version) = try await test.set(
                    sample, key: Array("k".utf8), ttl: .seconds(60))
            else {
                Issue.record("it was not stored")
                return
            }
            let entry = try #require(try await test.get("k"))
            #expect(StoredSample(entry) == sample)
            #expect(entry.version == version)
            #expect(entry.createdAt == TestStore.now)
            #expect(entry.expiresAt == TestStore.now + .seconds(60))
            let head = try #require(try await test.head("k"))
            #expect(head.version == version)
            #expect(head.expiresAt == entry.expiresAt)
            guard
                case .integer(let left) = try await test.command(
                    "PTTL", test.name(.entry, of: "k"))
            else { throw ScriptCall.surprise }
            #expect((1...60_000).contains(left))
        }
    }

    @Test(arguments: [0, 400, 600, 100_000, 1 << 20])
    func valuesOfEverySizeComeBack(count: Int) async throws {
        try await TestStore.with { test in
            let sample = StoredSample(value: (0..<count).map { UInt8(truncatingIfNeeded: $0) })
            let outcome = try await test.set(sample, key: Array("k".utf8))
            let entry = try #require(try await test.get("k"))
            #expect(StoredSample(entry) == sample)
            #expect(outcome == .stored(version: entry.version))
        }
    }

    @Test func conditionsHoldOrTellTheCurrentVersion() async throws {
        try await TestStore.with { test in
            let absent = StoreOutcome.notStored(.absent, currentVersion: 0)
            #expect(try await test.set("k", condition: .ifPresent) == absent)
            #expect(try await test.set("k", condition: .ifVersion(1)) == absent)
            #expect(try await test.text("k") == nil)
            let first = try await test.version("k", "1", condition: .ifAbsent)
            #expect(
                try await test.set("k", "2", condition: .ifAbsent)
                    == .notStored(.exists, currentVersion: first))
            #expect(
                try await test.set("k", "2", condition: .ifVersion(first + 1))
                    == .notStored(.versionMismatch, currentVersion: first))
            #expect(try await test.text("k") == "1")
            let second = try await test.version("k", "2", condition: .ifVersion(first))
            #expect(second == first + 1)
            let third = try await test.version("k", "3", condition: .ifPresent)
            #expect(third == second + 1)
            #expect(try await test.text("k") == "3")
        }
    }

    @Test func aDeleteTellsWhatWasThere() async throws {
        try await TestStore.with { test in
            let none = try await test.delete("k")
            #expect(!none.existed && !none.deleted && none.version > 0)
            let conditional = try await test.delete("k", ifVersion: 5)
            #expect(
                conditional
                    == DeleteOutcome(
                        existed: false, deleted: false, version: 0, currentVersion: 0))
            let version = try await test.version("k")
            #expect(version == none.version + 1)
            let other = try await test.delete("k", ifVersion: version + 1)
            #expect(
                other
                    == DeleteOutcome(
                        existed: true, deleted: false, version: 0, currentVersion: version))
            let deleted = try await test.delete("k", ifVersion: version)
            #expect(
                deleted
                    == DeleteOutcome(
                        existed: true, deleted: true, version: version + 1, currentVersion: 0))
            #expect(try await test.get("k") == nil)
            #expect(try await test.head("k") == nil)
            try await test.set("k")
            let invalidated = try await test.invalidate("k")
            #expect(invalidated.existed && invalidated.version == version + 3)
            #expect(try await test.get("k") == nil)
        }
    }

    @Test func aTouchChangesTheTimesAndNothingElse() async throws {
        try await TestStore.with { test in
            #expect(try await test.touch("k", ttl: .seconds(5)) == nil)
            var random = SystemRandomNumberGenerator()
            let sample = StoredSample.random(&random)
            try await test.set(
                sample, key: Array("k".utf8), ttl: .seconds(60), softTTL: .seconds(7))
            let before = try #require(try await test.get("k"))
            #expect(before.softExpiresAt == TestStore.now + .seconds(7))
            let touched = try #require(try await test.touch("k", ttl: .seconds(600)))
            #expect(touched.version == before.version + 1)
            #expect(touched.expiresAt == TestStore.now + .seconds(600))
            let after = try #require(try await test.get("k"))
            #expect(StoredSample(after) == sample)
            #expect(after.createdAt == before.createdAt)
            #expect(after.softExpiresAt == before.softExpiresAt)
            #expect((after.version, after.expiresAt) == (touched.version, touched.expiresAt))
            guard
                case .integer(let left) = try await test.command(
                    "PTTL", test.name(.entry, of: "k"))
            else { throw ScriptCall.surprise }
            #expect((60_001...600_000).contains(left))
            let forever = try #require(try await test.touch("k", ttl: nil))
            #expect(forever.expiresAt == .never)
            #expect(try await test.command("PTTL", test.name(.entry, of: "k")) == .integer(-1))
        }
    }

    @Test func changesWithoutEventsTakeNoRevision() async throws {
        try await TestStore.with { test in
            let clock = TestStore.now.unannouncedVersion
            let plain = try await test.set("k", "1", announced: false)
            #expect(plain == .stored(version: clock))
            let conditional = try await test.set("k", "2", condition: .ifPresent, announced: false)
            #expect(conditional == .stored(version: clock))
            #expect(try await test.text("k") == "2")
            #expect(try await test.get("k")?.version == clock)
            #expect(
                try await test.set("k", condition: .ifAbsent, announced: false)
                    == .notStored(.exists, currentVersion: clock))
            let keys = try await test.everything().keys
            #expect(Set(keys) == [test.name(.entry, of: "k"), "cm:deployment"])
        }
    }

    @Test func aServerThatForgotTheScriptsIsGivenThemAgain() async throws {
        try await TestStore.with { test in
            try await test.set("k", "1")
            #expect(test.store.statistics.scriptLoads == 1)
            try await test.command("SCRIPT", "FLUSH")
            try await test.set("k", "2")
            #expect(test.store.statistics.scriptLoads == 2)
            #expect(try await test.text("k") == "2")
            #expect(try await test.touch("k", ttl: nil) != nil)
            #expect(try await test.delete("k").deleted)
            #expect(test.store.statistics.scriptLoads == 4)
        }
    }

    @Test func aLeaseEndsWithAnyChangeOfItsKey() async throws {
        try await TestStore.with { test in
            let first = try #require(try await test.lease("k"))
            #expect(try await test.lease("k") == nil)
            try await test.release(FillLease(token: first.token &+ 1), of: "k")
            #expect(try await test.lease("k") == nil)
            let filled = try await test.version("k", "filled", lease: first)
            #expect(try await test.lease("k") != nil)
            #expect(try await test.set("k", lease: first) == .leaseLost(currentVersion: filled))

            let changes: [(TestStore) async throws -> Void] = [
                { try await $0.set("k", "other") },
                { _ = try await $0.delete("k") },
                { _ = try await $0.invalidate("k") },
            ]
            for change in changes {
                try await test.command("DEL", test.name(.lease, of: "k"))
                let lease = try #require(try await test.lease("k"))
                try await change(test)
                guard case .leaseLost = try await test.set("k", "late", lease: lease) else {
                    Issue.record("a fill that lost its lease was stored")
                    continue
                }
                #expect(try await test.text("k") != "late")
            }
            let given = try #require(try await test.lease("k"))
            try await test.release(given, of: "k")
            #expect(try await test.lease("k") != nil)
        }
    }

    @Test func aLeaseEndsWithItsTime() async throws {
        try await TestStore.with { test in
            let lease = try #require(try await test.lease("k", for: .milliseconds(1)))
            try await eventually {
                try await test.command("EXISTS", test.name(.lease, of: "k")) == .integer(0)
            }
            guard case .leaseLost(0) = try await test.set("k", lease: lease) else {
                Issue.record("a fill that lost its lease was stored")
                return
            }
        }
    }

    @Test func anAnnouncementTakesTheRevisionOfWhatItNames() async throws {
        try await TestStore.with { test in
            let glob = try Glob("user:*")
            let first = try await test.store.announce(
                .pattern(glob), kind: .invalidate, test.change(), on: test.router,
                deadline: test.deadline)
            let second = try await test.store.announce(
                .pattern(glob), kind: .invalidate, test.change(), on: test.router,
                deadline: test.deadline)
            #expect(first.partition == TestStore.partition("user:*"))
            #expect(second == (first.partition, first.revision + 1))
        }
    }
}

extension TestStore {
    /// The version of a set that is stored.
    func version(
        _ key: String, _ value: String = "value", condition: SetCondition = .none,
        lease: FillLease? = nil
    ) async throws -> UInt64 {
        let outcome = try await set(key, value, condition: condition, lease: lease)
        guard case .stored(let version) = outcome else {
            throw RedisServerFailure("\(key) was not stored: \(outcome)")
        }
        return version
    }
}
