// Keys, invalidations, statistics and health against a live server.

import Testing

@testable import CacheManagerClient

@Suite struct KeyspaceTests {
    @Test("a walk gives each key once, page by page, and starts anew with each iteration")
    func keys() async throws {
        try await LiveServer.run { _, cache in
            let all = (0..<2_300).map { "user:\($0)" }
            try await cache.set(all: (all + ["other"]).map { NewEntry(key: $0, value: []) })
            let walk = cache.keys(matching: "user:*")
            for _ in 0..<2 {
                var seen: [String] = []
                for try await page in walk {
                    #expect(page.count <= 1_000)
                    seen += page
                }
                #expect(seen.count == all.count && Set(seen) == Set(all))
            }
            var total = 0
            for try await page in cache.keys() { total += page.count }
            #expect(total == 2_301)
        }
    }

    @Test("a glob that is none ends the walk with the server's refusal")
    func badPattern() async throws {
        try await LiveServer.run { _, cache in
            let error = await #expect(throws: CacheError.self) {
                for try await _ in cache.keys(matching: "[") {}
            }
            #expect(error?.reason == "INVALID_PATTERN")
        }
    }

    @Test("each selection removes what it names")
    func invalidate() async throws {
        try await LiveServer.run { _, cache in
            for key in ["user:1", "user:2", "a", "b", "c"] {
                try await cache.set(key, [1], tags: key == "b" ? ["red"] : [])
            }
            #expect(try await cache.invalidate(.keys(["a"])).invalidated == 1)
            #expect(try await cache.invalidate(.pattern("user:*")).invalidated == 2)
            #expect(try await cache.invalidate(.tag("red"), reason: "why not").invalidated == 1)
            #expect(try await cache.invalidate(.everything).invalidated == 1)
            let error = await #expect(throws: CacheError.self) {
                try await cache.invalidate(.keys([]))
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test("statistics count what was done, in total and for a namespace")
    func stats() async throws {
        try await LiveServer.run { _, cache in
            try await cache.set("k", [1])
            _ = try await cache.get("k")
            _ = try await cache.get("nope")
            let stats = try await cache.stats()
            #expect(stats.totals.hits == 1 && stats.totals.misses == 1)
            #expect(stats.totals.hitRate == 0.5 && stats.totals.l1Size == 1)
            #expect(stats.instance.mode == "embedded" && stats.instance.startedAt != nil)
            #expect(stats.latencies.contains { $0.count > 0 && $0.max ?? .zero > .zero })
            let one = try await cache.stats(namespace: "short")
            #expect(one.namespaces.map(\.namespace) == ["short"])
            let error = await #expect(throws: CacheError.self) {
                try await cache.stats(namespace: "nobody")
            }
            #expect(error?.reason == "UNKNOWN_NAMESPACE")
        }
    }

    @Test("health tells whether the server serves")
    func health() async throws {
        try await LiveServer.run { _, cache in
            let health = [
                try await cache.health(), try await cache.health(of: "cachemanager.v1.Cache"),
            ]
            #expect(health == [.serving, .serving])
            let error = await #expect(throws: CacheError.self) {
                try await cache.health(of: "nobody.knows")
            }
            #expect(error?.code == .notFound)
        }
    }
}
