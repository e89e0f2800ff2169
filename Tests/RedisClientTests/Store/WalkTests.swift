// Walks over many keys on several servers, against a model.

import CacheEngine
import Invalidation
import NIOCore
import Testing

@testable import RedisClient

@Suite(.realServers) struct WalkTests {
    private static let count = 5_000

    /// Three servers with 5,000 entries and some keys that are not ours.
    private static func with(
        _ body: (TestStore, [String: [String]]) async throws -> Void
    ) async throws {
        let servers = try (0..<3).map { _ in try RedisServer() }
        try await TestStore.with(TestStore(servers)) { test in
            var model: [String: [String]] = [:]
            for index in 0..<count {
                let namespace = ["user", "order", "us*er", "ü"][index % 4]
                var tags: [String] = []
                if index % 3 == 0 { tags.append("third") }
                if index % 7 == 0 { tags.append("seventh") }
                // Some have more tags than a first read shows.
                if index % 50 == 0 {
                    tags = (0..<30).map { "\($0)" + String(repeating: "x", count: 50) } + tags
                }
                model["\(namespace):\(index)"] = tags
            }
            let all = model
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<50 {
                    group.addTask {
                        for (index, (key, tags)) in all.enumerated() where index % 50 == worker {
                            try await test.set(key, tags: tags)
                        }
                    }
                }
                try await group.waitForAll()
            }
            for server in servers {
                try server.cli("SET", "other", "x")
                try server.cli("SET", "cm:{999}:e:user:1", "x")
                try server.cli("SET", "cm:{0}:e:user:not here", "x")
            }
            try await body(test, model)
        }
    }

    private static func keys(
        _ pattern: String, limit: Int, _ test: TestStore
    ) async throws -> (keys: [String], pages: Int) {
        var keys: [String] = []
        var pages = 0
        var cursor: StoreCursor?
        repeat {
            let page = try await test.store.keys(
                after: cursor, limit: limit, matching: Glob(pattern), on: test.router,
                deadline: test.deadline)
            // SCAN may bring some more, all those of one of its buckets.
            #expect(page.keys.count <= limit + 20)
            keys += page.keys.map { String(decoding: $0, as: UTF8.self) }
            cursor = page.next
            pages += 1
        } while cursor != nil
        return (keys, pages)
    }

    @Test func pagesTogetherListEveryKeyThatMatches() async throws {
        try await Self.with { test, model in
            for (pattern, limit) in [
                ("*", 100), ("user:*", 1_000), ("us\\*er:?", 7), ("*9", 10_000),
            ] {
                let glob = try Glob(pattern)
                let expected = model.keys.filter { Array($0.utf8).withUnsafeBytes(glob.matches) }
                let (keys, pages) = try await Self.keys(pattern, limit: limit, test)
                #expect(Set(keys) == Set(expected), "\(pattern)")
                #expect(keys.count == expected.count, "\(pattern)")
                #expect(pages >= expected.count / (limit + 20), "\(pattern)")
            }
            #expect(test.store.statistics.foreignKeys > 0)
        }
    }

    @Test func aPageWithFewMatchesStaysShortAndGoesOn() async throws {
        try await Self.with { test, _ in
            let (keys, _) = try await Self.keys("order:1", limit: 1, test)
            #expect(keys == ["order:1"])
        }
    }

    @Test func removalByPatternTakesWhatMatchesAndNothingElse() async throws {
        try await Self.with { test, model in
            var model = model
            for pattern in ["us\\*er:*", "order:[1-3]*", "nothing:*", "*7", "user:5", "ü:??"] {
                let glob = try Glob(pattern)
                let expected = model.keys.filter { Array($0.utf8).withUnsafeBytes(glob.matches) }
                let lease = expected.first
                if let lease { _ = try await test.lease(lease) }
                let progress = RemovalProgress()
                let removed = try await test.store.removeAll(
                    .pattern(glob), progress: progress, on: test.router, deadline: test.deadline)
                #expect(removed == expected.count, "\(pattern)")
                #expect(progress.removed == removed)
                #expect(progress.scanned >= removed)
                for key in expected { model[key] = nil }
                let left = try await Self.keys("*", limit: 10_000, test).keys
                #expect(Set(left) == Set(model.keys), "\(pattern)")
                if let lease { #expect(try await test.lease(lease) != nil, "\(pattern)") }
            }
        }
    }

    @Test func removalByTagTakesWhatHasIt() async throws {
        try await Self.with { test, model in
            var model = model
            try await test.set("user:foreign", tags: ["third"])
            try test.servers.forEach { server in
                try server.cli("SET", test.name(.entry, of: "user:4"), "foreign third")
            }
            model["user:4"] = model["user:4"] == nil ? nil : []
            for tag in ["seventh", "third", "thir", ""] {
                let expected = model.filter { $0.value.contains(tag) }.map(\.key)
                let removed = try await test.store.removeAll(
                    .tag(Array(tag.utf8)), on: test.router, deadline: test.deadline)
                let extra = tag == "third" ? 1 : 0
                #expect(removed == expected.count + extra, "\(tag)")
                for key in expected { model[key] = nil }
            }
            let left = try await Self.keys("*", limit: 10_000, test).keys
            #expect(Set(left) == Set(model.keys))
        }
    }

    @Test func removalOfEverythingLeavesWhatIsNotOurs() async throws {
        try await Self.with { test, model in
            _ = try await test.lease("loading")
            #expect(
                try await test.store.removeAll(
                    .everything, on: test.router, deadline: test.deadline) == model.count)
            #expect(try await Self.keys("*", limit: 1_000, test).keys.isEmpty)
            #expect(try await test.lease("loading") != nil)
            for server in test.servers {
                #expect(try server.cli("EXISTS", "other", "cm:{999}:e:user:1") == "2")
            }
        }
    }

    @Test func oneDeadShardFailsTheRemovalAndTheOthersFinish() async throws {
        try await Self.with { test, model in
            test.servers[1].kill()
            let error = await #expect(throws: RedisError.self) {
                _ = try await test.store.removeAll(
                    .everything, on: test.router, deadline: .now() + .seconds(2))
            }
            #expect(error?.shard == "s1")
            for index in [0, 2] {
                let left = try test.servers[index].cli("--scan", "--pattern", "cm:*:e:*:*")
                // What is left there was never ours.
                #expect(left.split(separator: "\n").count <= 2, "\(left)")
            }
            #expect(!model.isEmpty)
        }
    }
}
