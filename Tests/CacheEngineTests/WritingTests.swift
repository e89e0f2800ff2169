// Tests sets, deletes, touches and invalidations, and what they commit.

import Testing

@testable import CacheEngine

@Suite struct WritingTests {
    private let cache = TestCache(
        EngineConfiguration(maxBytes: 1 << 24, defaultTTL: .seconds(60)))

    @Test("A set is read back, and a second one replaces it with a higher version")
    func setAndGet() throws {
        let first = try #require(cache.set("a", "1", writer: "me").version)
        #expect(cache.get("a") == "1")
        let second = try #require(cache.set("a", "2").version)
        #expect(second > first)
        #expect(cache.get("a") == "2")
        #expect(cache.peek("a")?.version == second)
        #expect(cache.get("b") == nil)
        #expect(
            cache.changes == [
                RecordedChange(kind: .set, key: "a", version: first, writer: "me"),
                RecordedChange(kind: .set, key: "a", version: second),
            ])
    }

    @Test("A condition that does not hold changes and commits nothing, and says why")
    func conditions() throws {
        #expect(cache.set("a", condition: .ifPresent).reason == .absent)
        #expect(cache.set("a", condition: .ifVersion(1)).reason == .absent)
        #expect(cache.set("a", condition: .ifVersion(1)).currentVersion == 0)
        let version = try #require(cache.set("a", "1", condition: .ifAbsent).version)
        let refused = cache.set("a", "2", condition: .ifAbsent)
        #expect(refused.reason == .exists && refused.currentVersion == version)
        let stale = cache.set("a", "2", condition: .ifVersion(version + 1))
        #expect(stale.reason == .versionMismatch && stale.currentVersion == version)
        #expect(cache.get("a") == "1")
        #expect(cache.changeCount == 1)
        let next = try #require(cache.set("a", "2", condition: .ifVersion(version)).version)
        #expect(cache.set("a", "3", condition: .ifPresent).version == next + 1)
        #expect(cache.get("a") == "3")
    }

    @Test("An expired entry is absent to a condition, and its expiry comes before the set")
    func conditionAfterExpiry() {
        cache.set("a", ttl: .after(.seconds(1)))
        cache.advance(by: .seconds(1))
        #expect(cache.set("a", condition: .ifPresent).reason == .absent)
        #expect(cache.set("a", "new", condition: .ifAbsent).version != nil)
        #expect(cache.changes.map(\.kind) == [.set, .expire, .set])
    }

    @Test("A delete tells what there was, and what it removed")
    func delete() throws {
        let absent = cache.delete("a")
        #expect(!absent.existed && !absent.deleted && absent.version > 0)
        #expect(cache.delete("a", ifVersion: 7) == .absent)
        #expect(cache.changes.map(\.kind) == [.delete])
        let version = try #require(cache.set("a").version)
        let refused = cache.delete("a", ifVersion: version + 7)
        #expect(refused.existed && !refused.deleted && refused.version == 0)
        #expect(refused.currentVersion == version)
        #expect(cache.peek("a") != nil)
        let outcome = cache.delete("a", ifVersion: version, writer: "w")
        #expect(outcome.existed && outcome.deleted && outcome.currentVersion == 0)
        #expect(outcome.version > version)
        #expect(cache.peek("a") == nil)
        #expect(
            cache.changes.last
                == RecordedChange(
                    kind: .delete, key: "a", version: outcome.version, writer: "w"))
        #expect(cache.changeCount == 3)
    }

    @Test(
        "A touch raises the version, moves the expiry and keeps the bytes", arguments: [3, 9_000])
    func touch(valueBytes: Int) throws {
        #expect(cache.touch("a") == nil)
        let value = String(repeating: "v", count: valueBytes)
        cache.set("a", value, tags: ["t"])
        let before = try #require(cache.peek("a"))
        cache.advance(by: .seconds(30))
        let after = try #require(cache.touch("a", ttl: .after(.seconds(90))))
        #expect(after.version > before.version)
        #expect(after.expiresAt == cache.now + .seconds(90))
        #expect(after.createdAt == before.createdAt)
        #expect(after.text == value && after.tagCount == 1)
        #expect(before.expiresAt == cache.now + .seconds(30), "the old entry is untouched")
        #expect(cache.peek("a")?.isSame(as: after) == true)
        #expect(cache.touch("a", ttl: .never)?.expiresAt == .never)
        #expect(cache.changes.map(\.kind) == [.set, .touch, .touch])
        #expect(cache.totals.entries == 1 && cache.totals.bytes == after.footprintBytes)
    }

    @Test("An invalidation is committed with its cause, whether the key is there or not")
    func invalidate() {
        cache.set("a")
        #expect(cache.invalidate("a", cause: "why"))
        #expect(!cache.invalidate("a", cause: "again"))
        #expect(cache.get("a") == nil)
        #expect(cache.changes.map(\.kind) == [.set, .invalidate, .invalidate])
        #expect(cache.changes.map(\.cause) == ["", "why", "again"])
        #expect(cache.totals.invalidations == 1)
    }

    @Test("An entry outlives its removal for who holds it")
    func lifetime() throws {
        cache.set("a", "still here")
        let entry = try #require(cache.peek("a"))
        cache.delete("a")
        _ = cache.engine.removeEverything()
        #expect(entry.text == "still here")
    }
}
