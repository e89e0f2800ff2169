// A cache service on a free port of this machine, in this process; any task.

import CacheEngine
import CacheService
import GRPC
import Invalidation
import NIOCore
import NIOPosix

@testable import CacheManagerClient

/// A server for the length of a test.
final class LiveServer: Sendable {
    let address: String
    private let server: GRPCServer

    private init(_ server: GRPCServer) {
        self.server = server
        address = "127.0.0.1:\(server.address.port ?? 0)"
    }

    /// Starts one; each has a history and an epoch of its own. Port 0 takes a free one.
    static func start(
        port: Int = 0, epoch: UInt64 = 7, limits: ServiceLimits = ServiceLimits(),
        messageBytes: Int = 4 << 20
    ) async throws -> LiveServer {
        let group = MultiThreadedEventLoopGroup.singleton
        let loops = group.makeIterator().reduce(0) { count, _ in count + 1 }
        let log = InvalidationLog(epoch: epoch, eventsPerPartition: 64, feedCount: loops)
        let engine = CacheEngine(
            configuration: EngineConfiguration(
                maxBytes: 64 << 20, defaultTTL: .seconds(60),
                namespaces: [NamespaceConfiguration(name: "short", ttl: .after(.seconds(5)))]),
            hashSeed: (1, 2), commit: CacheService.commit(to: log))
        let service = CacheService(
            engine: engine, log: log, limits: limits, clock: ServiceClock(),
            identity: .init(version: "test", mode: "embedded"), loops: loops)
        let health = HealthRegistry(services: [CacheService.name])
        health.setAll(serving: true)
        var bounds = ServerLimits()
        bounds.messageBytes = messageBytes
        return LiveServer(
            try await GRPCServer.start(
                host: "127.0.0.1", port: port,
                services: [service.makeService(), HealthService.make(health)], limits: bounds,
                group: group, prepare: service.prepare,
                rejected: { _, _, _ in }))
    }

    /// A client with far more patience than anything here takes, even on a busy machine.
    func client(originID: String? = nil, besides others: [LiveServer] = []) throws -> CacheClient {
        var configuration = CacheClient.Configuration(
            servers: ([self] + others).map(\.address))
        configuration.timeout = .seconds(600)
        configuration.connectTimeout = .seconds(60)
        configuration.originID = originID
        return try CacheClient(configuration)
    }

    var port: Int { server.address.port ?? 0 }

    /// Lets calls finish and watchers go, then ends.
    func drain() async { _ = await server.drain(timeout: .seconds(10)) }

    /// Cuts every connection off at once.
    func stop() async { _ = await server.drain(timeout: .zero) }

    /// A server and a client for the length of a test.
    static func run(
        limits: ServiceLimits = ServiceLimits(), messageBytes: Int = 4 << 20,
        _ test: (LiveServer, CacheClient) async throws -> Void
    ) async throws {
        let server = try await start(limits: limits, messageBytes: messageBytes)
        let cache = try server.client()
        do {
            try await test(server, cache)
        } catch {
            await cache.close()
            await server.stop()
            throw error
        }
        await cache.close()
        await server.stop()
    }
}
