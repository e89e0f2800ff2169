// An instance of the cache with a shared level, in this process, on a free port; any task.

import CacheEngine
import CacheManagerClient
import GRPC
import Invalidation
import NIOCore
import NIOPosix
import RedisClient

@testable import CacheService

/// An instance and a client of it, for the length of a test.
final class TwoLevelInstance: Sendable {
    let cache: CacheClient
    let level: SharedLevel
    let log: InvalidationLog
    private let server: GRPCServer

    private init(
        _ server: GRPCServer, _ level: SharedLevel, _ log: InvalidationLog
    ) throws {
        self.server = server
        self.level = level
        self.log = log
        var configuration = CacheClient.Configuration(
            servers: ["127.0.0.1:\(server.address.port ?? 0)"])
        configuration.timeout = .seconds(60)
        configuration.connectTimeout = .seconds(60)
        cache = try CacheClient(configuration)
    }

    /// Starts one in front of these servers and waits until it hears of their changes.
    ///
    /// - Parameters:
    ///   - shards: One pool of independent servers for each list.
    ///   - waits: Whether it waits for the feed: not where there is no server.
    static func start(
        _ shards: [[RedisAddress]], waits: Bool = true, prefix: String = "t:",
        limits: ServiceLimits = ServiceLimits(),
        _ adjust: (inout SharedConfiguration) -> Void = { _ in }
    ) async throws -> TwoLevelInstance {
        let group = MultiThreadedEventLoopGroup.singleton
        let loops = Array(group.makeIterator())
        let clock = ServiceClock()
        var configuration = SharedConfiguration()
        configuration.standard.ttl = .seconds(60)
        configuration.timeout = .seconds(20)
        adjust(&configuration)
        let pools = try shards.enumerated().map { index, addresses in
            try pool(addresses, prefix: "\(prefix)\(index):", loops: loops)
        }
        let log = InvalidationLog(
            pools: pools.count, eventsPerPartition: 64, feedCount: loops.count)
        let engine = CacheEngine(
            configuration: EngineConfiguration(
                maxBytes: 64 << 20,
                namespaces: configuration.namespaces.map {
                    NamespaceConfiguration(name: $0.key, lifetime: $0.value.lifetime)
                }), hashSeed: (1, 2),
            partitions: pools.count * Partitioning.count, commit: CacheService.ignoredCommit)
        let level = SharedLevel(
            configuration, pools: pools, engine: engine, log: log, clock: clock, loops: loops,
            report: { _ in })
        let service = CacheService(
            engine: engine, log: log, limits: limits, clock: clock,
            identity: .init(version: "test", mode: "redis"), loops: loops.count, shared: level)
        level.start()
        let server = try await GRPCServer.start(
            host: "127.0.0.1", port: 0, services: [service.makeService()],
            limits: ServerLimits(), group: group, prepare: service.prepare,
            rejected: { _, _, _ in })
        let instance = try TwoLevelInstance(server, level, log)
        if waits { try await eventually { log.isReady } }
        return instance
    }

    private static func pool(
        _ addresses: [RedisAddress], prefix: String, loops: [any EventLoop]
    ) throws -> SharedPool {
        let shards = addresses.enumerated().map { index, address in
            RedisShardConfiguration(name: "shard\(index)", address: address)
        }
        var configuration = RedisConfiguration(topology: .shards(shards))
        configuration.keyPrefix = prefix
        // As long as a call: a busy machine is no reason for a breaker to open.
        configuration.commandTimeout = .seconds(20)
        let servers = try RedisPool(configuration, loops: loops, report: { _ in })
        let store = SharedStore(
            pool: servers, prefix: prefix, history: 1_000, maxEntryBytes: 2 << 20,
            seed: .random(in: 0...UInt64.max))
        return SharedPool(servers: servers, store: store)
    }

    func stop() async {
        await cache.close()
        _ = await server.drain(timeout: .zero)
        await level.shutdown()
    }

    /// Counters of the default namespace.
    var counters: SharedNamespaceCounters { level.counters[0].counters }
}

/// Runs a test with instances that share servers, and stops everything afterwards.
func withInstances(
    _ count: Int = 1, servers: Int = 1,
    _ adjust: (inout SharedConfiguration) -> Void = { _ in },
    _ test: ([TwoLevelInstance], [RedisServer]) async throws -> Void
) async throws {
    let servers = try (0..<servers).map { _ in try RedisServer() }
    var instances: [TwoLevelInstance] = []
    do {
        for _ in 0..<count {
            instances.append(try await .start([servers.map(\.address)], adjust))
        }
        try await test(instances, servers)
    } catch {
        for instance in instances { await instance.stop() }
        throw error
    }
    for instance in instances { await instance.stop() }
}
