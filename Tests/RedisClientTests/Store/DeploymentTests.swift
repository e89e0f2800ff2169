// What instances must agree on, as servers remember it.

import NIOCore
import Testing

@testable import RedisClient

@Suite(.realServers) struct DeploymentTests {
    private func refusal(_ test: TestStore) async throws -> String {
        let error = await #expect(throws: RedisError.self) { try await test.checkDeployment() }
        #expect(error?.code == .incompatible)
        return error?.description ?? ""
    }

    @Test func aServerOfNobodyBecomesOursAndStaysSo() async throws {
        try await TestStore.with { test in
            try await test.checkDeployment()
            try await test.checkDeployment()
            let held = try await test.command("HGETALL", "cm:deployment")
            #expect(held.replyFields == ["format": "1", "partitions": "256"])
            // The scripts are there before the first change.
            try await test.set("k")
            #expect(test.store.statistics.scriptLoads == 0)
        }
    }

    @Test func anotherNumberOfPartitionsIsRefusedWithBothNumbers() async throws {
        try await TestStore.with { test in
            try await test.command("HSET", "cm:deployment", "format", "1", "partitions", "1024")
            let sentence = try await refusal(test)
            for part in ["'cm:'", "1024", "256", "prefix", "'cm:deployment'", "s0"] {
                #expect(sentence.contains(part), "\(sentence)")
            }
            try await test.command("HSET", "cm:deployment", "format", "9", "partitions", "256")
            #expect(try await refusal(test).contains("format 9"))
        }
    }

    @Test func aServerThatIsListedTwiceIsFound() async throws {
        let server = try RedisServer()
        try await TestStore.with(TestStore([server, server], names: ["a", "b"])) { test in
            let sentence = try await refusal(test)
            #expect(sentence.contains("shard a") || sentence.contains("shard b"))
            #expect(sentence.contains("once"))
        }
    }

    @Test func aShardThatWasRenamedIsRefused() async throws {
        let servers = [try RedisServer(), try RedisServer()]
        try await TestStore.with(TestStore(servers, names: ["a", "b"])) {
            try await $0.checkDeployment()
        }
        try await TestStore.with(TestStore(servers, names: ["a", "c"])) { test in
            let sentence = try await refusal(test)
            #expect(sentence.contains("shard b") && sentence.contains("has c"), "\(sentence)")
        }
        // A single server may be called anything: nothing is placed by its name.
        try await TestStore.with(TestStore([servers[0]], names: ["z"])) {
            try await $0.checkDeployment()
        }
    }

    @Test func whatIsThereInsteadIsRefused() async throws {
        try await TestStore.with { test in
            try await test.command("SET", "cm:deployment", "x")
            let error = await #expect(throws: RedisError.self) { try await test.checkDeployment() }
            #expect(error?.description.contains("WRONGTYPE") == true)
        }
    }

    @Test(arguments: [
        ("cm:", true), ("", true), ("a b/", true), ("{a}", false), ("a}", false), ("a\n", false),
    ])
    func aPrefixHasNeitherBracesNorControlCharacters(prefix: String, isPrefix: Bool) {
        #expect(StoreLayout.isPrefix(prefix) == isPrefix)
    }

    @Test func storesOfTwoPrefixesDoNotMeet() async throws {
        try await TestStore.with { one in
            let two = try await TestStore(one.servers, prefix: "c[m]*:")
            try await TestStore.with(two) { two in
                try await one.set("k", "one")
                try await two.set("k", "two")
                #expect(try await one.text("k") == "one")
                #expect(
                    try await two.store.removeAll(
                        .everything, on: two.router, deadline: two.deadline) == 1)
                #expect(try await one.text("k") == "one")
                #expect(try await two.text("k") == nil)
            }
        }
    }
}

extension TestStore {
    /// Checks every shard.
    func checkDeployment() async throws {
        for shard in pool.shards {
            try await store.checkDeployment(of: shard.id, on: router, deadline: deadline)
        }
    }
}
