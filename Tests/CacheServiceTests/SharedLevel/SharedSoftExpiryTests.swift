// When a value is stale, through both levels and in what clients are told.

import CacheEngine
import CacheManagerClient
import RedisClient
import Testing

@testable import CacheService

@Suite(.realServers) struct SharedSoftExpiryTests {
    /// After how long the values of the keys, which are a minute old, are stale.
    private static let keys: [(name: String, softTTL: Duration?, isStale: Bool)] = [
        ("stale", .zero, true), ("fresh", .seconds(1_000), false), ("never", nil, false),
    ]

    private static func adjust(_ configuration: inout SharedConfiguration) {
        for name in ["queued", "bare", "quiet"] {
            configuration.namespaces[name] = configuration.standard
        }
        configuration.namespaces["queued"]?.writes = .async
        configuration.namespaces["bare"]?.usesL1 = false
        configuration.namespaces["quiet"]?.events = .none
        configuration.namespaces["quiet"]?.l1TTL = .milliseconds(50)  // nothing tells of a touch
    }

    @Test(
        "a value that is stale is told to be by every instance and level, also after a touch",
        arguments: ["plain", "queued", "bare", "quiet"])
    func everywhere(namespace: String) async throws {
        try await withInstances(2, Self.adjust) { instances, _ in
            for (name, softTTL, isStale) in Self.keys {
                let key = "\(namespace):\(name)"
                try await instances[0].level.store(key, softTTL: softTTL)
                #expect(try await instances[0].cache.get(key)?.isStale == isStale, "\(key)")
                let b = instances[1].cache
                try await eventually { try await b.get(key, mode: .skipL1) != nil }
                for _ in 0..<2 { #expect(try await b.get(key)?.isStale == isStale, "\(key)") }
                #expect(try await b.get(key, mode: .skipL1)?.isStale == isStale, "\(key)")
                let batch = try await b.get(all: [key])
                #expect(try batch.map { try $0.get()?.isStale } == [isStale], "\(key)")
                let version = try #require(try await b.touch(key, ttl: .seconds(2_000))).version
                for instance in instances {
                    try await eventually { try await instance.cache.get(key)?.version == version }
                    #expect(try await instance.cache.get(key)?.isStale == isStale, "\(key)")
                }
            }
        }
    }
}

extension SharedLevel {
    /// Stores a value a minute ago as an origin does, which knows when it is stale.
    fileprivate func store(_ key: String, softTTL: Duration?) async throws {
        let context = WriteContext(
            writer: [], loop: 0, now: clock.now() - .seconds(60), deadline: nil)
        let step = Array(key.utf8).withUnsafeBytes { key in
            begin(
                EntryDraft(key: key, value: key, ttl: .after(.seconds(3_000))).stale(
                    after: softTTL),
                condition: .none, context)
        }
        guard case .ahead(let ahead) = step else { return }
        guard case .stored = try await finish(ahead, context) else {
            return #expect(Bool(false), "the servers are there")
        }
    }
}
