// The calls about single entries against a live server: what goes in comes out.

import Testing

@testable import CacheManagerClient

@Suite struct EntryTests {
    private static let value = Array("Ada".utf8)

    @Test("an entry comes back with everything that was stored with it")
    func roundTrip() async throws {
        try await LiveServer.run { _, cache in
            let outcome = try await cache.set(
                "user:1", [0, 255, 10], ttl: .seconds(300), contentType: "x/y",
                metadata: ["owner": "billing"], tags: ["red"])
            guard case .stored(1, let expiresAt?) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let entry = try #require(try await cache.get("user:1"))
            #expect(entry.value == [0, 255, 10] && entry.version == 1 && entry.source == .l1)
            #expect(entry.contentType == "x/y" && entry.metadata == ["owner": "billing"])
            #expect(entry.tags == ["red"] && entry.expiresAt == expiresAt)
            let cachedAt = try #require(entry.cachedAt)
            #expect(expiresAt.secondsSince1970 - cachedAt.secondsSince1970 > 299)
        }
    }

    @Test("a miss is nil, everywhere")
    func misses() async throws {
        try await LiveServer.run { _, cache in
            #expect(try await cache.get("nope", mode: .cachedOnly) == nil)
            let isThere = try await cache.exists("nope")
            #expect(!isThere)
            #expect(try await cache.life(of: "nope") == nil)
            #expect(try await cache.touch("nope") == nil)
            #expect(try await cache.get("nope", ifVersionNot: 1) == .missing)
            let gone = try await cache.delete("nope")
            #expect(!gone.isDeleted && !gone.existed)
        }
    }

    @Test("conditions hold or tell the version there is")
    func conditions() async throws {
        try await LiveServer.run { _, cache in
            #expect(
                try await cache.set("k", Self.value, if: .present)
                    == .notStored(.absent, version: nil))
            #expect(try await cache.set("k", Self.value, if: .absent).isStored)
            #expect(
                try await cache.set("k", Self.value, if: .absent) == .notStored(.exists, version: 1)
            )
            #expect(
                try await cache.set("k", Self.value, if: .version(9))
                    == .notStored(.versionMismatch, version: 1))
            #expect(try await cache.set("k", Self.value, if: .version(1)).isStored)
            let kept = try await cache.delete("k", ifVersion: 1)
            #expect(!kept.isDeleted && kept.currentVersion == 2)
            #expect(try await cache.delete("k", ifVersion: 2).isDeleted)
        }
    }

    @Test("a value that is held already is not sent again")
    func unchanged() async throws {
        try await LiveServer.run { _, cache in
            try await cache.set("k", Self.value, ttl: .never)
            guard case .unchanged(let same) = try await cache.get("k", ifVersionNot: 1) else {
                Issue.record("it was sent")
                return
            }
            #expect(same.value.isEmpty && same.version == 1 && same.expiresAt == nil)
            guard case .found(let entry) = try await cache.get("k", ifVersionNot: 2) else {
                Issue.record("it was not sent")
                return
            }
            #expect(entry.value == Self.value)
        }
    }

    @Test("a time to live is what was asked, the namespace's, or none")
    func timesToLive() async throws {
        try await LiveServer.run { _, cache in
            try await cache.set("k", Self.value, ttl: .milliseconds(3_600_000))
            #expect(try await cache.life(of: "k")?.expiresAt != nil)
            #expect(try await cache.touch("k", ttl: .never)?.expiresAt == nil)
            #expect(try await cache.touch("k")?.expiresAt != nil)
            #expect(try await cache.life(of: "k")?.version == 3)
        }
    }

    @Test("what the server refuses is an error with its stable reason, and may not be retried")
    func refused() async throws {
        try await LiveServer.run { _, cache in
            let error = try #require(
                await #expect(throws: CacheError.self) { try await cache.get("") })
            #expect(error.code == .invalidArgument && error.reason == "INVALID_KEY")
            #expect(!error.isRetryable && error.description.hasPrefix("INVALID_ARGUMENT: key"))
        }
    }

    @Test("text with a NUL is refused, for it would end there and be another key")
    func nul() async throws {
        try await LiveServer.run { _, cache in
            for key in ["a\0b", "\0"] {
                let error = await #expect(throws: CacheError.self) {
                    try await cache.set(key, Self.value)
                }
                #expect(error?.code == .invalidArgument)
            }
            let isThere = try await cache.exists("a")
            #expect(!isThere)
        }
    }

    @Test("a server that is not there is UNAVAILABLE, and may be retried")
    func unreachable() async throws {
        let server = try await LiveServer.start()
        await server.stop()
        let cache = try server.client()
        let error = await #expect(throws: CacheError.self) { try await cache.get("k") }
        #expect(error?.code == .unavailable && error?.reason == nil)
        #expect(error?.isRetryable == true)
        await cache.close()
    }

    @Test("after close every call is UNAVAILABLE, for all copies")
    func closed() async throws {
        try await LiveServer.run { _, cache in
            let copy = cache
            try await copy.set("k", Self.value)
            await cache.close()
            let error = await #expect(throws: CacheError.self) { try await copy.get("k") }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("a read that met a connection that went away is answered by the server's next life")
    func restart() async throws {
        let first = try await LiveServer.start()
        let cache = try first.client()
        try await cache.set("k", Self.value)
        await first.stop()
        let second = try await LiveServer.start(port: first.port)
        // Until the connection's end is noticed, an attempt may still be refused.
        var answer: CacheEntry??
        while answer == nil {
            do throws(CacheError) {
                answer = .some(try await cache.get("k"))
            } catch {
                #expect(error.code == .unavailable)
            }
        }
        #expect(answer == .some(nil))
        await cache.close()
        await second.stop()
    }
}
