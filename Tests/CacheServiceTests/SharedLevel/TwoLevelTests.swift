// The use cases over two levels, as a client sees them, in front of real servers.

import CacheEngine
import CacheManagerClient
import Invalidation
import RedisClient
import Testing

@testable import CacheService

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite(.realServers) struct TwoLevelTests {
    @Test("what one instance writes the other reads: first from the servers, then from memory")
    func sharing() async throws {
        try await withInstances(2) { instances, _ in
            let (a, b) = (instances[0].cache, instances[1].cache)
            try await a.set(
                "k", bytes("v"), ttl: .seconds(30), contentType: "text/plain",
                metadata: ["a": "b"], tags: ["x"])
            let own = try #require(try await a.get("k"))
            #expect(own.source == .l1 && own.value == bytes("v") && own.version > 0)
            let shared = try #require(try await b.get("k"))
            #expect(shared.source == .l2 && shared.version == own.version)
            #expect(shared.contentType == "text/plain" && shared.metadata == ["a": "b"])
            #expect(shared.tags == ["x"] && shared.expiresAt == own.expiresAt)
            let held = try #require(try await b.get("k"))
            #expect(held.source == .l1 && held.expiresAt == shared.expiresAt)
            #expect(try await b.get("k", mode: .skipL1)?.source == .l2)
            #expect(try await b.get("none") == nil)
            let counters = instances[1].counters
            #expect(counters.l2Hits == 2 && counters.l2Misses == 1 && counters.misses == 1)
        }
    }

    @Test("a change on one instance is soon read on the other, whatever it is")
    func changes() async throws {
        try await withInstances(2, servers: 2) { instances, _ in
            let (a, b) = (instances[0].cache, instances[1].cache)
            for number in 0..<4 { try await a.set("k\(number)", bytes("old"), tags: ["t"]) }
            for number in 0..<4 { _ = try await b.get("k\(number)") }
            try await a.set("k0", bytes("new"))
            try await eventually { try await b.get("k0")?.value == bytes("new") }
            #expect(try await a.delete("k1").isDeleted)
            try await eventually { try await b.get("k1") == nil }
            #expect(try await a.invalidate(.keys(["k2", "none"])).invalidated == 1)
            try await eventually { try await b.get("k2") == nil }
            #expect(try await a.invalidate(.tag("t")).invalidated == 1)
            try await eventually { try await b.get("k3") == nil }
            #expect(try await a.invalidate(.pattern("k*")).invalidated == 1)
            try await eventually { try await b.get("k0") == nil }
            #expect(try await a.invalidate(.everything).isComplete)
        }
    }

    @Test("conditions and versions hold between instances")
    func conditions() async throws {
        try await withInstances(2) { instances, _ in
            let (a, b) = (instances[0].cache, instances[1].cache)
            guard case .stored(let version, _) = try await a.set("k", bytes("1"), if: .absent)
            else { return #expect(Bool(false), "the key did not exist") }
            #expect(
                try await b.set("k", bytes("2"), if: .absent)
                    == .notStored(.exists, version: version))
            #expect(
                try await b.set("k", bytes("2"), if: .version(version + 9))
                    == .notStored(.versionMismatch, version: version))
            #expect(try await b.set("k", bytes("2"), if: .version(version)).isStored)
            #expect(try await b.set("none", bytes("2"), if: .present).isStored == false)
            try await eventually { try await a.get("k")?.value == bytes("2") }
            let life = try #require(try await a.life(of: "k"))
            #expect(life.version > version)
            #expect(try await a.delete("k", ifVersion: version).isDeleted == false)
            #expect(try await a.delete("k", ifVersion: life.version).isDeleted)
            #expect(try await a.exists("k") == false)
        }
    }

    @Test("who was refused for a version reads nothing older afterwards")
    func refusals() async throws {
        try await withInstances(2) { instances, _ in
            let (a, b) = (instances[0], instances[1].cache)
            try await a.cache.set("k", bytes("1"))
            // News of changes come when they come: here, not before the test is over.
            for feed in a.level.feeds { await feed.shutdown() }
            try await b.set("k", bytes("2"))
            #expect(try await a.cache.get("k")?.value == bytes("1"))
            #expect(try await a.cache.set("k", bytes("3"), if: .absent).isStored == false)
            #expect(try await a.cache.get("k")?.value == bytes("2"))
            #expect(try await b.delete("k").isDeleted)
            #expect(try await a.cache.set("k", bytes("3"), if: .present).isStored == false)
            #expect(try await a.cache.get("k") == nil)
        }
    }

    @Test("what was written without events does not outlive a change with one")
    func eventsFromNowOn() async throws {
        let quiet: (inout SharedConfiguration) -> Void = { $0.standard.events = .none }
        let servers = [[try RedisServer()]]
        let addresses = servers.map { $0.map(\.address) }
        let before = try await TwoLevelInstance.start(addresses, quiet)
        try await before.cache.set("k", bytes("old"))
        await before.stop()
        let (a, b) = (
            try await TwoLevelInstance.start(addresses), try await TwoLevelInstance.start(addresses)
        )
        #expect(try await b.cache.get("k")?.value == bytes("old"))
        #expect(try await b.cache.get("k")?.source == .l2)
        try await a.cache.set("k", bytes("new"))
        #expect(try await b.cache.get("k")?.value == bytes("new"))
        #expect(try await b.cache.get("k")?.source == .l1)
        await a.stop()
        await b.stop()
    }

    @Test("what was held while changes were told is not held when they no longer are")
    func eventsNoLonger() async throws {
        try await withInstances { instances, _ in
            let (cache, level) = (instances[0].cache, instances[0].level)
            var configuration = level.configuration
            try await cache.set("k", bytes("v"))
            level.reconfigure(configuration)
            #expect(try await cache.get("k")?.source == .l1)
            configuration.standard.events = .none
            level.reconfigure(configuration)
            #expect(try await cache.get("k")?.source == .l2)
        }
    }

    @Test("a touch renews the time to live everywhere, and the version")
    func touching() async throws {
        try await withInstances(2) { instances, _ in
            let (a, b) = (instances[0].cache, instances[1].cache)
            try await a.set("k", bytes("v"), ttl: .seconds(10))
            let before = try #require(try await b.get("k"))
            let life = try #require(try await a.touch("k", ttl: .never))
            #expect(life.expiresAt == nil && life.version > before.version)
            let after = try #require(try await a.get("k"))
            #expect(after.version == life.version && after.expiresAt == nil)
            try await eventually { try await b.get("k")?.version == life.version }
            #expect(try await a.touch("none") == nil)
        }
    }

    @Test("batches answer per key over all servers, in the order of the request")
    func batches() async throws {
        try await withInstances(2, servers: 3) { instances, _ in
            let (a, b) = (instances[0].cache, instances[1].cache)
            let keys = (0..<300).map { "k\($0)" }
            let stored = try await a.set(all: keys.map { .init(key: $0, value: bytes($0)) })
            #expect(try stored.allSatisfy { try $0.get().isStored })
            let mixed = keys + ["none", "k0"]
            let read = try await b.get(all: mixed)
            #expect(read.map(\.key) == mixed)
            #expect(try read.map { try $0.get()?.value } == keys.map(bytes) + [nil, bytes("k0")])
            let again = try await b.get(all: keys)
            #expect(try again.allSatisfy { try $0.get()?.source == .l1 })
            let deleted = try await b.delete(all: ["k1", "none"])
            #expect(try deleted.map { try $0.get().existed } == [true, false])
            let twice = try await a.set(
                all: [.init(key: "k", value: bytes("1")), .init(key: "k", value: bytes("2"))])
            #expect(twice.count == 2)
            #expect(try await b.get("k")?.value == bytes("2"))
        }
    }

    @Test("keys come from all servers and pools, page by page")
    func keys() async throws {
        let servers = try (0..<3).map { _ in try RedisServer() }
        let pools = [[servers[0].address, servers[1].address], [servers[2].address]]
        let instance = try await TwoLevelInstance.start(pools) {
            $0.namespaces["other"] = $0.standard
            $0.namespaces["other"]?.pool = 1
        }
        let names = (0..<500).map { "user:\($0)" } + (0..<200).map { "other:\($0)" }
        for item in try await instance.cache.set(all: names.map { .init(key: $0, value: []) }) {
            #expect(try item.get().isStored)
        }
        var found: Set<String> = []
        for try await page in instance.cache.keys() { found.formUnion(page) }
        #expect(found == Set(names))
        var some: Set<String> = []
        for try await page in instance.cache.keys(matching: "other:1?") { some.formUnion(page) }
        #expect(some == Set((10..<20).map { "other:\($0)" }))
        #expect(try await instance.cache.invalidate(.pattern("*:1*")).invalidated == 222)
        #expect(try await instance.cache.get("other:1") == nil)
        #expect(try await instance.cache.get("other:2") != nil)
        await instance.stop()
    }

    @Test("a reply to a batch stays in its bounds")
    func replyBounds() async throws {
        try await withInstances { instances, _ in
            let cache = instances[0].cache
            let value = [UInt8](repeating: 7, count: 1_000_000)
            for number in 0..<12 { try await cache.set("k\(number)", value) }
            // The client asks again for what did not fit.
            let items = try await cache.get(all: (0..<12).map { "k\($0)" }, mode: .skipL1)
            #expect(try items.allSatisfy { try $0.get()?.value.count == value.count })
        }
    }

    @Test("jitter and use bend the life that an entry has for everyone")
    func lifetimes() async throws {
        let adjust: (inout SharedConfiguration) -> Void = {
            for name in ["spread", "adaptive"] { $0.namespaces[name] = $0.standard }
            $0.namespaces["spread"]?.lifetime.jitter = 0.5
            $0.namespaces["adaptive"]?.lifetime.adaptsToUse = true
        }
        try await withInstances(2, adjust) { instances, _ in
            let (a, b) = (instances[0].cache, instances[1].cache)
            func life(_ key: String) async throws -> Int64 {
                let entry = try #require(try await b.get(key))
                let (cached, expires) = (entry.cachedAt, try #require(entry.expiresAt))
                return expires.seconds - (try #require(cached)).seconds
            }
            var lives: [Int64] = []
            for number in 0..<40 {
                try await a.set("spread:\(number)", bytes("v"), ttl: .seconds(1_000))
                lives.append(try await life("spread:\(number)"))
            }
            #expect(lives.allSatisfy { $0 >= 499 && $0 <= 1_000 } && Set(lives).count > 20)
            try await a.set("adaptive:k", bytes("v"))
            #expect(abs(try await life("adaptive:k") - 60) <= 1)
            for _ in 0..<4 { _ = try await a.get("adaptive:k") }
            try await a.set("adaptive:k", bytes("v"))
            try await eventually { abs(try await life("adaptive:k") - 120) <= 1 }
            _ = try await a.touch("adaptive:k")
            try await eventually { abs(try await life("adaptive:k") - 30) <= 1 }
        }
    }

    @Test("a namespace without memory, or without events, keeps to what it is")
    func policies() async throws {
        let adjust: (inout SharedConfiguration) -> Void = {
            $0.namespaces["bare"] = $0.standard
            $0.namespaces["bare"]?.usesL1 = false
            $0.namespaces["quiet"] = $0.standard
            $0.namespaces["quiet"]?.events = .none
        }
        try await withInstances(2, adjust) { instances, _ in
            let (a, b) = (instances[0], instances[1])
            try await a.cache.set("bare:k", bytes("1"))
            for _ in 0..<3 { #expect(try await a.cache.get("bare:k")?.source == .l2) }
            let events = a.log.eventCount
            try await a.cache.set("quiet:k", bytes("1"))
            #expect(try await b.cache.get("quiet:k")?.value == bytes("1"))
            #expect(try await b.cache.get("quiet:k")?.source == .l1)
            try await a.cache.set("quiet:k", bytes("2"))
            #expect(try await a.cache.get("quiet:k")?.value == bytes("2"))
            #expect(try await a.cache.delete("quiet:k").existed)
            #expect(try await a.cache.get("quiet:k") == nil)
            try await a.cache.set("told", bytes("1"))
            try await eventually { a.log.eventCount == events + 1 }
        }
    }
}
