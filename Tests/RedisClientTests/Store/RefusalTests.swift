// Servers that refuse: no memory, no permission; nothing changes, and the error says what to do.

import CacheEngine
import Invalidation
import NIOCore
import Testing

@testable import RedisClient

@Suite(.realServers) struct RefusalTests {
    /// The failure of `body`.
    private func failure(_ body: () async throws -> Void) async -> RedisError? {
        do {
            try await body()
        } catch {
            return error as? RedisError
        }
        return nil
    }

    @Test func aServerWithoutMemoryChangesNothing() async throws {
        try await TestStore.with(lines: ["maxmemory-policy noeviction"]) { test in
            try await test.set("k", "before", ttl: .seconds(600))
            try await test.command("CONFIG", "SET", "maxmemory", "1mb")
            let before = try await test.everything()
            let attempts: [() async throws -> Void] = [
                { try await test.set("k", "after") },
                { try await test.set("k", "after", announced: false) },
                { try await test.set("new", "after") },
                { try await test.set("k", String(repeating: "x", count: 100_000)) },
                { try await test.set("k", "after", condition: .ifPresent) },
                { _ = try await test.touch("k", ttl: nil) },
                { _ = try await test.lease("k") },
            ]
            for (index, attempt) in attempts.enumerated() {
                let error = await failure(attempt)
                #expect(error?.code == .outOfMemory, "\(index): \(String(describing: error))")
                #expect(error?.description.contains("maxmemory") == true)
            }
            #expect(try await test.everything() == before)
            #expect(try await test.text("k") == "before")
        }
    }

    @Test func removalsMakeRoomWhereThereIsNone() async throws {
        try await TestStore.with(lines: ["maxmemory-policy noeviction"]) { test in
            let version = try await test.version("k")
            try await test.set("l")
            try await test.command("CONFIG", "SET", "maxmemory", "1mb")
            #expect(
                try await test.delete("k")
                    == DeleteOutcome(
                        existed: true, deleted: true, version: version + 1, currentVersion: 0))
            #expect(try await test.invalidate("l").existed)
            let told = try await test.store.announce(
                .everything, kind: .invalidate, test.change(), on: test.router,
                deadline: test.deadline)
            #expect(told.revision > 0)
            #expect(try await test.log(of: "k").last?.revision == version + 1)
        }
    }

    /// An ACL user without one command that a change needs: the change fails and says so, and
    /// what there was stays.
    @Test(arguments: ["hincrby", "hget", "xadd", "spublish", "set", "evalsha"])
    func whoIsNotAllowedIsToldAndChangesNoEntry(command: String) async throws {
        try await withGuest("~* &* +@all -\(command)") { owner, guest in
            try await owner.set("k", "before")
            let log = try await owner.log(of: "k")
            let error = await failure { try await guest.set("k", "after") }
            #expect(error?.code == .accessRefused, "\(error as Any)")
            #expect(try await owner.text("k") == "before")
            // What came before in the log is there, whatever was begun; the next goes on from it.
            let version = try await owner.version("k", "later")
            let later = try await owner.log(of: "k")
            #expect(later.starts(with: log))
            #expect(later.last?.revision == version)
        }
    }

    @Test(arguments: [
        ("~* &* +@all -xadd -hget", "HGET, XADD"), ("~* &* +@all -unlink", "UNLINK"),
        ("~* +@all resetchannels", "SPUBLISH"), ("~* &* +@all -scan", "SCAN"),
        ("~* &* +@all -script", "'script|load'"),
        ("~* &* +@all -evalsha", "'evalsha'"),
    ])
    func theCheckAtTheStartNamesEachCommand(rules: String, names: String) async throws {
        try await withGuest(rules) { _, guest in
            let error = await failure { try await guest.prepare() }
            #expect(error?.code == .accessRefused, "\(error as Any)")
            #expect(error?.description.contains(names) == true, "\(error as Any)")
        }
    }

    @Test func theRightsOfTheDocumentationAreEnough() async throws {
        let rules =
            "~cm:* &cm:* -@all +hello +auth +ping +client|setname +select +info "
            + "+evalsha +script|load +scan +unlink +get +getrange +strlen +set +setrange +del "
            + "+pexpire +persist +hincrby +hget +hmget +hset +hsetnx +xadd +xrange +xrevrange "
            + "+spublish +ssubscribe +sunsubscribe"
        try await withGuest(rules) { _, guest in
            try await guest.prepare()
            let version = try await guest.version("k")
            #expect(try await guest.get("k")?.version == version)
            #expect(try await guest.touch("k", ttl: .seconds(5)) != nil)
            let lease = try #require(try await guest.lease("k"))
            try await guest.set("k", lease: lease)
            let removed = try await guest.store.removeAll(
                .everything, on: guest.router, deadline: guest.deadline)
            #expect(removed == 1)
        }
    }

    /// A server with a user of these rights, seen by its owner and by the user.
    private func withGuest(
        _ rules: String, _ body: (_ owner: TestStore, _ guest: TestStore) async throws -> Void
    ) async throws {
        try await TestStore.with(lines: ["user app on >secret \(rules)"]) { owner in
            let guest = try await TestStore(
                owner.servers, credentials: RedisCredentials(username: "app", password: "secret"))
            try await TestStore.with(guest) { try await body(owner, $0) }
        }
    }

    @Test func anEntryThatIsTooLargeIsNotSent() async throws {
        try await TestStore.with { test in
            let error = await failure {
                try await test.set(
                    StoredSample(value: [UInt8](repeating: 1, count: 4 << 20)), key: [65])
            }
            #expect(error?.isCertainlyUnexecuted == true)
            #expect(error?.description.contains("larger") == true)
            let stored = try await test.everything()
            #expect(Array(stored.keys) == ["cm:deployment"])
        }
    }
}
