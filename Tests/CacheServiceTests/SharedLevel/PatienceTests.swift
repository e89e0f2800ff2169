// Reads with deadlines while a server stands still: each is answered in its own time.

import CacheEngine
import CacheManagerClient
import NIOCore
import Testing

@testable import CacheService

@Suite(.realServers) struct PatienceTests {
    /// Memory answers nobody, and Redis is waited for longer than callers wait.
    private static func patient(_ configuration: inout SharedConfiguration) {
        configuration.timeout = .seconds(60)
        configuration.maxStaleness = .seconds(60)
        configuration.standard.onFailure = .bypass
    }

    /// Two instances and a value that the second does not have in memory; its server stands still.
    private static func withStandstill(
        _ test: (TwoLevelInstance, RedisServer) async throws -> Void
    ) async throws {
        try await withInstances(2, patient) { instances, servers in
            try await instances[0].cache.set("k", [7])
            servers[0].pause()
            defer { servers[0].resume() }
            try await test(instances[1], servers[0])
        }
    }

    /// Whether a Get was answered, by a miss.
    private static func isMissed(_ cache: CacheClient) async -> Bool {
        do {
            return try await cache.get("k") == nil
        } catch {
            return false
        }
    }

    @Test("who leads the look-up of a key has its answer before its own deadline")
    func leader() async throws {
        try await Self.withStandstill { instance, _ in
            var hasty = instance.cache
            hasty.timeout = .seconds(1)
            // A busy machine may be late once.
            let client = hasty
            try await eventually { await Self.isMissed(client) }
        }
    }

    @Test("who joined a look-up does not wait longer than it can")
    func hastyJoiner() async throws {
        try await Self.withStandstill { instance, server in
            let cache = instance.cache
            async let leader = cache.get("k")
            try await eventually { instance.level.engine.statistics().totals.misses >= 1 }
            var hasty = cache
            hasty.timeout = .seconds(1)
            let client = hasty
            try await eventually { await Self.isMissed(client) }
            server.resume()
            #expect(try await leader?.value == [7])
        }
    }

    @Test("who joined a look-up whose leader gives up asks again")
    func patientJoiner() async throws {
        try await Self.withStandstill { instance, server in
            var hasty = instance.cache
            hasty.timeout = .seconds(2)
            let (client, cache) = (hasty, instance.cache)
            async let leader = Self.isMissed(client)
            try await eventually { instance.level.engine.statistics().totals.misses >= 1 }
            async let joiner = cache.get("k")
            try await eventually { instance.level.engine.statistics().totals.coalesced >= 1 }
            _ = await leader
            // The second look-up is the joiner's own.
            try await eventually { instance.level.engine.statistics().totals.misses >= 3 }
            server.resume()
            #expect(try await joiner?.value == [7])
        }
    }
}
