// The running server: puts the rooms together, and runs them until a signal says stop.

import GRPC
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
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

        let loops = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        do {
            let certificate = try ServerCertificate(settings, logger: logger)
            let cache = try CacheComposition(
                settings, loops: Array(loops.makeIterator()), logger: logger)
            let reloader = Reloader(
                loaded: loaded, cache: cache, certificate: certificate, output: output,
                logger: logger, hangUps: hangUps)
            let listener = Listener(
                settings: settings, cache: cache, certificate: certificate, loops: loops,
                logger: logger)
            try await run(
                services(settings, cache, certificate, logger: logger) + [reloader, listener],
                logger: logger)
        } catch let error as ServerError {
            logger.error("start failed", metadata: ["reason": "\(error)"])
            throw error
        }
        try await loops.shutdownGracefully()
        logger.info("stopped")
    }

    /// What runs behind the port, the first to stop last.
    private static func services(
        _ settings: Settings, _ cache: CacheComposition, _ certificate: ServerCertificate?,
        logger: Logger
    ) -> [any ServiceLifecycle.Service] {
        var services: [any ServiceLifecycle.Service] = []
        if let shared = cache.shared {
            services.append(
                SharedLevelRunner(
                    shared: shared, serving: cache.serving, drainTimeout: settings.drainTimeout,
                    logger: logger))
        }
        if let certificate { services.append(CertificateWatch(certificate: certificate)) }
        services.append(Sweeper(service: cache.service, interval: settings.cleanupInterval))
        return services
    }

    /// Runs them all; the last to start is the first to stop.
    private static func run(
        _ services: [any ServiceLifecycle.Service], logger: Logger
    ) async throws {
        // The library logs every step of its own; ours says what an operator needs.
        var quiet = logger
        quiet.logLevel = .error
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
    }
}

/// Why the server could not start.
package struct ServerError: Error, CustomStringConvertible {
    /// What is wrong and what to do.
    package let description: String
    /// Whether it is the settings that have to change.
    package let isAboutSettings: Bool

    init(description: String, isAboutSettings: Bool = false) {
        self.description = description
        self.isAboutSettings = isAboutSettings
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
