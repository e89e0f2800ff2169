// Checks what the settings of Redis become: configurations of pools, policies, a word for the mode.

import CacheEngine
import CacheService
import RedisClient
import TLS
import Testing

@testable import ServerApp

@Suite("The second level by the settings")
struct RedisModeTests {
    private func settings(_ yaml: String) throws -> Settings {
        try SettingsFolder(yaml: yaml).load().values
    }

    @Test(
        "the mode names the topology",
        arguments: [
            ("", "embedded"), ("redis_url: redis://a", "redis"),
            ("redis_url: redis://a\nl2_enabled: false", "embedded"),
            ("redis_url: redis://a redis://b redis://c", "redis shards (3)"),
            ("redis_url: redis+cluster://a", "redis cluster"),
            ("redis_url: redis+sentinel://a/m", "redis sentinel"),
            ("redis_url: redis://a\nredis_pools: { b: redis://b }", "redis and 1 more pool"),
            (
                "redis_url: redis+cluster://a\nredis_pools: { b: redis://b, c: redis://c }",
                "redis cluster and 2 more pools"
            ),
        ])
    func mode(yaml: String, mode: String) throws {
        #expect(try settings(yaml).mode == mode)
    }

    @Test("every setting of Redis reaches the configurations of all pools, default first")
    func pools() throws {
        let pools = try settings(
            """
            redis_url: rediss://:own@a/1
            redis_pools: { z: redis://z, b: redis://ada@b }
            redis_password: shared
            redis_key_prefix: 'x:'
            redis_max_connections: 4000
            redis_timeout: 2s
            redis_connect_timeout: 3s
            """
        ).poolConfigurations
        #expect(pools.map(\.name) == ["default", "b", "z"])
        #expect(pools.map(\.credentials?.password) == ["own", "shared", "shared"])
        #expect(pools.map(\.credentials?.username) == [nil, "ada", nil])
        #expect(pools.map(\.database) == [1, 0, 0])
        #expect(pools.allSatisfy { $0.keyPrefix == "x:" && $0.maxConnections == 4_000 })
        #expect(pools.allSatisfy { $0.commandTimeout == .seconds(2) })
        #expect(pools.allSatisfy { $0.connectTimeout == .seconds(3) })
        #expect(pools.map { $0.tls?.handshakeTimeout } == [.seconds(3), nil, nil])
    }

    @Test("every row of a namespace reaches its policy, and what it leaves out is the whole's")
    func policies() throws {
        let configuration = SharedConfiguration(
            try settings(
                """
                redis_url: redis://a
                redis_pools: { b: redis://b, a: redis://c }
                default_ttl: 7m
                l1_ttl: 8s
                max_staleness: 9s
                redis_timeout: 4s
                invalidation_history: 300
                write_behind_max_bytes: 5MiB
                namespaces:
                  own:
                    { pool: b, ttl: 1m, l1: false, l1_ttl: 2s, l2_writes: async,
                      on_l2_failure: bypass, read_from: replica, events: none, jitter: 0.25,
                      adaptive_ttl: true }
                  plain: {}
                """))
        var standard = SharedNamespacePolicy()
        (standard.ttl, standard.l1TTL) = (.seconds(420), .seconds(8))
        var own = SharedNamespacePolicy()
        (own.pool, own.ttl, own.usesL1, own.l1TTL) = (2, .seconds(60), false, .seconds(2))
        (own.writes, own.onFailure) = (.async, .bypass)
        (own.readFrom, own.events) = (.replica, .none)
        own.lifetime = LifetimeRules(jitter: 0.25, adaptsToUse: true)
        #expect(configuration.standard == standard)
        #expect(configuration.namespaces == ["own": own, "plain": standard])
        #expect(configuration.maxStaleness == .seconds(9) && configuration.timeout == .seconds(4))
        #expect(configuration.ringEvents == 100)
        #expect(configuration.writeBehind.maxBytes == 5 << 20)
        let off = SharedConfiguration(try settings("redis_url: redis://a\nl1_enabled: false"))
        #expect(!off.standard.usesL1)
    }
}
