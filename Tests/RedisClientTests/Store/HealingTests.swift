// Partitions that lost something, or hold what is not ours: a new epoch, and never half a change.

import CacheEngine
import Invalidation
import NIOCore
import Testing

@testable import RedisClient

@Suite(.realServers) struct HealingTests {
    /// What may happen to a partition, and whether continuity is lost by it.
    private static let losses: [(what: String, commands: [[String]], isNewEpoch: Bool)] = [
        ("the revision was evicted", [["DEL", "REV"]], true),
        ("the log was deleted", [["DEL", "LOG"]], false),
        ("both were", [["DEL", "REV", "LOG"]], true),
        ("the epoch was deleted", [["HDEL", "REV", "epoch"]], true),
        ("the epoch is foreign", [["HSET", "REV", "epoch", "short"]], true),
        ("the revision went back", [["HSET", "REV", "rev", "1"]], true),
        ("the revision is no number", [["HSET", "REV", "rev", "many"]], true),
        ("the revision is negative", [["HSET", "REV", "rev", "-9"]], true),
        ("the log is ahead", [["XADD", "LOG", "9007199254740000-0", "b", "x"]], true),
        ("the hash is a string", [["DEL", "REV"], ["SET", "REV", "x"]], true),
        ("the hash is a list", [["DEL", "REV"], ["RPUSH", "REV", "x"]], true),
        ("the log is a string", [["SET", "LOG", "x"]], true),
        ("the log is a hash", [["DEL", "LOG"], ["HSET", "LOG", "a", "b"]], true),
        ("both are strings", [["SET", "LOG", "x"], ["SET", "REV", "x"]], true),
    ]

    @Test func eachLossIsHealedByTheNextChange() async throws {
        try await TestStore.with { test in
            for (index, loss) in Self.losses.enumerated() {
                try await heal(loss.commands, loss.isNewEpoch, "k\(index)", loss.what, test)
            }
        }
    }

    private func heal(
        _ commands: [[String]], _ isNewEpoch: Bool, _ key: String, _ what: String,
        _ test: TestStore
    ) async throws {
        for _ in 0..<3 { try await test.set(key, "before") }
        let before = try #require(try await test.get(key)).version
        let epoch = try await test.epoch(of: key)
        for words in commands {
            var command = RedisCommand(arguments: words.count)
            for word in words {
                switch word {
                case "REV": command.append(test.name(.revision, of: key))
                case "LOG": command.append(test.name(.log, of: key))
                default: command.append(word)
                }
            }
            _ = try await test.store.send(
                command, shard: test.pool.shards[0].id, on: test.router, deadline: test.deadline)
        }
        let version = try await test.version(key, "after")
        #expect(version >= TestStore.now.milliseconds, "\(what)")
        #expect(try await test.text(key) == "after", "\(what)")
        #expect(try await test.get(key)?.version == version, "\(what)")
        #expect(try await test.revision(of: key) == String(version), "\(what)")
        let log = try await test.log(of: key)
        #expect(log.map(\.revision) == [version], "\(what)")
        #expect((try await test.epoch(of: key) != epoch) == isNewEpoch, "\(what)")
        // From here on everything is as it should be.
        #expect(try await test.version(key) == version + 1, "\(what)")
        #expect(try await test.log(of: key).count == 2, "\(what)")
        if !isNewEpoch { #expect(version == before + 1, "\(what)") }
    }

    @Test func adoptionBeginsAnEpochForEachServer() async throws {
        try await TestStore.with { test in
            let version = try await test.version("k")
            let first = try await test.adopt("k", home: "one")
            #expect(first.revision >= version)
            // Nobody had called this server its home.
            #expect(try await test.log(of: "k").isEmpty)
            let next = try await test.version("k")
            #expect(next == first.revision + 1)
            let same = try await test.adopt("k", home: "one")
            #expect(same == Adoption(epoch: first.epoch, revision: next))
            #expect(try await test.log(of: "k").count == 1)
            let other = try await test.adopt("k", home: "two")
            #expect(other.epoch != first.epoch)
            #expect(other.revision >= next)
            #expect(try await test.version("k") == other.revision + 1)
        }
    }

    @Test func adoptionSeesARevisionThatWentBack() async throws {
        try await TestStore.with { test in
            let held = try await test.adopt("k", home: "one")
            let ahead = Adoption(epoch: held.epoch, revision: held.revision + 10)
            let elsewhere = Adoption(epoch: held.epoch ^ 1, revision: held.revision + 10)
            #expect(try await test.adopt("k", home: "one", known: held) == held)
            #expect(try await test.adopt("k", home: "one", known: elsewhere) == held)
            let healed = try await test.adopt("k", home: "one", known: ahead)
            #expect(healed.epoch != held.epoch)
            #expect(healed.revision >= ahead.revision)
        }
    }

    @Test(arguments: [
        ["SET", "x"], ["HSET", "rev", "many"], ["HSET", "home", "one"], ["RPUSH", "x"],
    ])
    func adoptionReplacesWhatIsForeign(words: [String]) async throws {
        try await TestStore.with { test in
            var command = RedisCommand(arguments: words.count + 1)
            command.append(words[0])
            command.append(test.name(.revision, of: "k"))
            for word in words.dropFirst() { command.append(word) }
            _ = try await test.store.send(
                command, shard: test.pool.shards[0].id, on: test.router, deadline: test.deadline)
            let adopted = try await test.adopt("k", home: "one")
            #expect(adopted.revision == TestStore.now.milliseconds)
            #expect(try await test.adopt("k", home: "one") == adopted)
            #expect(try await test.version("k") == adopted.revision + 1)
        }
    }
}

extension TestStore {
    fileprivate func adopt(
        _ key: String, home: String, known: Adoption? = nil
    ) async throws -> Adoption {
        let partition = Self.partition(key)
        try await command("SCRIPT", "LOAD", StoreScript.adopt.text)
        let answer = try await store.send(
            store.adoptCommand(partition: partition, home: home, known: known, now: Self.now),
            partition: partition, on: router, deadline: deadline)
        return try Adoption(answer: answer)
    }
}
