// The rooms put together: memory, the log of changes, the second level if there is one.

import CacheEngine
import CacheService
import GRPC
import Invalidation
import Logging
import NIOCore
import RedisClient
import TLS

/// Everything between the gRPC port and Redis.
struct CacheComposition: Sendable {
    let engine: CacheEngine
    let service: CacheService
    /// The second level; nil: everything is in the memory of this instance.
    let shared: SharedComposition?
    /// What serves.
    let serving: ServingState

    /// Puts the rooms together as the settings say.
    ///
    /// - Parameter loops: The event loops of the server in their order.
    /// - Throws: `ServerError` where files that the settings name cannot be used, and `TLSError`
    ///   where there are no random numbers.
    init(_ settings: Settings, loops: [any EventLoop], logger: Logger) throws {
        let random = RandomBytes()
        let clock = ServiceClock()
        let pools = settings.poolConfigurations.count
        let log: InvalidationLog
        if pools == 0 {
            log = InvalidationLog(
                epoch: try random.uint64(), eventsPerPartition: settings.eventsPerPartition,
                feedCount: loops.count)
        } else {
            log = InvalidationLog(
                pools: pools, eventsPerPartition: settings.eventsPerPartition,
                feedCount: loops.count)
        }
        engine = CacheEngine(
            configuration: EngineConfiguration(settings),
            hashSeed: (try random.uint64(), try random.uint64()),
            partitions: pools * Partitioning.count,
            commit: pools == 0 ? CacheService.commit(to: log) : CacheService.ignoredCommit)
        shared =
            pools == 0
            ? nil
            : try SharedComposition(
                settings, engine: engine, log: log, clock: clock, seed: try random.uint64(),
                loops: loops, logger: logger)
        service = CacheService(
            engine: engine, log: log, limits: ServiceLimits(settings), clock: clock,
            identity: .init(version: ProductVersion.text, mode: settings.mode),
            loops: loops.count, compression: CompressionRules(settings), shared: shared?.level)
        serving = ServingState(
            pools: shared?.members.map(\.pool) ?? [], usesMemory: settings.l1Enabled)
    }

    /// Takes over what may change while the server runs.
    func reconfigure(_ settings: Settings) {
        engine.reconfigure(EngineConfiguration(settings))
        service.reconfigure(CompressionRules(settings))
        shared?.level.reconfigure(SharedConfiguration(settings))
    }
}

extension EngineConfiguration {
    /// What the engine needs to know of the settings.
    init(_ settings: Settings) {
        let namespaces = settings.namespaces.sorted { $0.key < $1.key }.map { name, namespace in
            NamespaceConfiguration(
                name: name, ttl: namespace.ttl.map { .after($0) } ?? .inherited,
                maxBytes: namespace.maxBytes, maxEntries: namespace.maxEntries,
                eviction: namespace.eviction, lifetime: namespace.lifetime)
        }
        self.init(
            maxBytes: settings.sharedBytes,
            maxEntries: settings.l1MaxEntries == 0 ? nil : settings.l1MaxEntries,
            defaultTTL: settings.defaultTTL, namespaces: namespaces)
    }
}

extension CompressionRules {
    /// The rules by the settings.
    init(_ settings: Settings) {
        self.init(
            threshold: settings.compressionThreshold,
            namespaces: settings.namespaces.compactMapValues(\.compressionThreshold))
    }
}

extension ServiceLimits {
    /// What the use cases need to know of the settings.
    init(_ settings: Settings) {
        self.init()
        valueBytes = settings.maxValueBytes
        batchKeys = settings.maxBatchKeys
        replyBytes = settings.maxMessageBytes
        watcherBytes = settings.invalidationBufferBytes
    }
}
