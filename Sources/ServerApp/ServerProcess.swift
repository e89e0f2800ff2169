// The running server: puts the rooms together, and runs them until a signal says stop.

import CacheEngine
import CacheService
import Foundation
import GRPC
import Invalidation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TLS
import UnixSignals

/// The `cache-manager` process.
package enum ServerProcess {
    /// Runs until SIGTERM or SIGINT, and then drains. SIGHUP loads the settings again.
    ///
    /// - Throws: `ServerError` when the server cannot start.
    package static func run(_ loaded: LoadedSettings) async throws {
        let settings = loaded.values
        let output = LogOutput(format: settings.logFormat, level: settings.logLevel)
        let logger = output.logger(label: "cache-manager")
        for warning in loaded.warnings {
            logger.warning("settings", metadata: ["hint": "\(warning)"])
        }
        // Trapped before anybody can know that the server runs.
        let hangUps = await UnixSignalsSequence(trapping: .sighup)

        let certificate: ServerCertificate?
        do throws(ServerError) {
            certificate = try ServerCertificate(settings, logger: logger)
        } catch {
            logger.error("start failed", metadata: ["reason": "\(error)"])
            throw error
        }
        let cache = try EmbeddedCache(settings)
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        let listener = Listener(
            settings: settings, cache: cache, certificate: certificate, loops: loops,
            logger: logger)
        let watch = certificate.map { [CertificateWatch(certificate: $0)] } ?? []
        let services: [any ServiceLifecycle.Service] =
            watch + [
                Sweeper(service: cache.service, interval: settings.cleanupInterval),
                Reloader(
                    loaded: loaded, engine: cache.engine, certificate: certificate, output: output,
                    logger: logger, hangUps: hangUps),
                listener,  // the last to start is the first to stop
            ]
        // The library logs every step of its own; ours says what an operator needs.
        var quiet = logger
        quiet.logLevel = .error
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        do {
            try await group.run()
        } catch let error as ServerError {
            logger.error("start failed", metadata: ["reason": "\(error)"])
            throw error
        }
        try await loops.shutdownGracefully()
        logger.info("stopped")
    }
}

/// Why the server could not start.
package struct ServerError: Error, CustomStringConvertible {
    /// What is wrong and what to do.
    package let description: String
}

/// Everything an instance without Redis is made of.
struct EmbeddedCache {
    static let mode = "embedded"

    let engine: CacheEngine
    let service: CacheService

    init(_ settings: Settings) throws {
        let random = RandomBytes()
        let log = InvalidationLog(
            epoch: try random.uint64(), eventsPerPartition: settings.invalidationHistory,
            feedCount: settings.threads)
        engine = CacheEngine(
            configuration: EngineConfiguration(settings),
            hashSeed: (try random.uint64(), try random.uint64()),
            commit: CacheService.commit(to: log))
        service = CacheService(
            engine: engine, log: log, limits: ServiceLimits(settings), clock: ServiceClock(),
            identity: .init(version: ProductVersion.text, mode: Self.mode),
            loops: settings.threads)
    }
}

extension EngineConfiguration {
    /// What the engine needs to know of the settings.
    init(_ settings: Settings) {
        let namespaces = settings.namespaces.sorted { $0.key < $1.key }.map { name, namespace in
            NamespaceConfiguration(
                name: name, ttl: namespace.ttl.map { .after($0) } ?? .inherited,
                maxBytes: namespace.maxBytes, maxEntries: namespace.maxEntries,
                eviction: namespace.eviction == .never ? .none : .lru)
        }
        self.init(
            maxBytes: settings.sharedBytes,
            maxEntries: settings.l1MaxEntries == 0 ? nil : settings.l1MaxEntries,
            defaultTTL: settings.defaultTTL, namespaces: namespaces)
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

extension ServerLimits {
    /// What the connections need to know of the settings.
    init(_ settings: Settings) {
        self.init()
        messageBytes = settings.maxMessageBytes
        heldBytes = max(heldBytes, settings.maxMessageBytes * 2)
        let above = settings.compressRepliesAbove
        compressRepliesAboveBytes = above == 0 ? nil : above
        concurrentStreams = UInt32(settings.maxConcurrentStreams)
        connections = settings.maxConnections
        headerBytes = settings.maxHeaderBytes
        unsentBytes = settings.maxUnsentBytes
        resetsPerSecond = settings.maxResetsPerSecond
        streamErrorsPerSecond = settings.maxStreamErrorsPerSecond
        controlFramesPerSecond = settings.maxControlFramesPerSecond
        handshakeTimeout = settings.handshakeTimeout
        stallTimeout = settings.stallTimeout
        keepaliveTime = settings.keepaliveTime
        keepaliveTimeout = settings.keepaliveTimeout
        keepaliveMinPingInterval = settings.keepaliveMinPingInterval
        connectionMaxAge = settings.connectionMaxAge
        connectionMaxAgeGrace = settings.connectionMaxAgeGrace
        connectionMaxIdle = settings.connectionMaxIdle
    }
}
