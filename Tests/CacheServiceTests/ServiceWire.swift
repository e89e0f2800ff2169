// A whole cache service behind a client connection in memory; one thread, no network.

import CacheEngine
import GRPC
import Invalidation
import Messages
import NIOCore
import Testing

@testable import CacheService

/// The embedded service with a fixed seed, and calls in their own messages.
final class ServiceWire {
    let wire: CallWire
    let service: CacheService
    let arena = MessageArena()

    init(
        limits: ServiceLimits = ServiceLimits(), historyPerPartition: Int = 64,
        log: InvalidationLog? = nil, compression: CompressionRules = CompressionRules()
    ) throws {
        let log =
            log
            ?? InvalidationLog(
                epoch: 7, eventsPerPartition: historyPerPartition, feedCount: 1)
        let engine = CacheEngine(
            configuration: EngineConfiguration(
                maxBytes: 1 << 20, defaultTTL: .seconds(60),
                namespaces: [NamespaceConfiguration(name: "short", ttl: .after(.seconds(5)))]),
            hashSeed: (1, 2), commit: CacheService.commit(to: log))
        let service = CacheService(
            engine: engine, log: log, limits: limits, clock: ServiceClock(),
            identity: .init(version: "test", mode: "embedded"), loops: 1,
            compression: compression)
        self.service = service
        wire = try CallWire([service.makeService()])
        service.prepare(wire.loop)
    }

    /// A unary call; throws the status if it is not OK.
    func call<Answer: WireMessage>(
        _ method: String, _ request: some WireMessage, origin: String? = nil,
        as type: Answer.Type
    ) throws -> Answer {
        var options = CallOptions()
        if let origin { options.metadata.add("x-cache-origin-id", origin) }
        let path = "/cachemanager.v1.Cache/\(method)"
        let (messages, status) = try wire.call(
            path, [request.encoded(in: arena)], options: options)
        if let status, status.code != .ok { throw status }
        return try Answer.decode(try #require(messages.first), in: arena)
    }

    /// The refusal of a call that must be refused.
    func refusal(_ method: String, _ request: some WireMessage) throws -> GRPCStatus {
        let path = "/cachemanager.v1.Cache/\(method)"
        let (messages, status) = try wire.call(path, [request.encoded(in: arena)])
        #expect(messages.isEmpty)
        return try #require(status)
    }

    func set(_ key: String, _ value: String, origin: String? = nil) throws -> SetResponse {
        try call("Set", setRequest(key, value), origin: origin, as: SetResponse.self)
    }

    func setRequest(_ key: String, _ value: String) -> SetRequest {
        var request = SetRequest()
        request.key = arena.copy(key)
        request.value = arena.copy(value)
        return request
    }

    func get(_ key: String) throws -> GetResponse {
        var request = GetRequest()
        request.key = arena.copy(key)
        return try call("Get", request, as: GetResponse.self)
    }
}
