// The gRPC port: listens, tells people so, and drains when it is time; any thread.

import CacheService
import Foundation
import GRPC
import Logging
import NIOCore
import NIOPosix
import RedisClient
import ServiceLifecycle
import TLS

/// Runs the port from the first line on the terminal to the last call answered.
struct Listener: ServiceLifecycle.Service {
    let settings: Settings
    let cache: CacheComposition
    let certificate: ServerCertificate?
    let loops: MultiThreadedEventLoopGroup
    let logger: Logger

    func run() async throws {
        let names = [CacheService.name, HealthService.name] + ReflectionService.names
        try await lookAtRedis()
        let services =
            [cache.service.makeService(), HealthService.make(cache.serving.registry)]
            + ReflectionService.make(services: names)
        let rejections = RejectionLog(logger)
        let server: GRPCServer
        do throws(GRPCStatus) {
            server = try await GRPCServer.start(
                host: settings.listenHost, port: settings.listenPort, services: services,
                limits: ServerLimits(settings), group: loops, prepare: cache.service.prepare,
                rejected: rejections.note, tls: certificate?.context)
        } catch {
            throw ServerError(
                description: "\(error.message); see listen_host and listen_port")
        }
        cache.serving.takesCalls(true)
        announce(server.address)
        // Ends by the signal, or by a failure of another part of the server.
        try? await gracefulShutdown()
        cache.serving.takesCalls(false)
        await drain(server)
    }

    /// Waits for a moment to see how Redis stands. It need not be there: it is tried again.
    private func lookAtRedis() async throws {
        guard let shared = cache.shared else { return }
        await shared.firstLook.wait()
        guard let incompatible = shared.firstLook.incompatible else { return }
        throw ServerError(description: incompatible.description, isAboutSettings: true)
    }

    private func announce(_ address: SocketAddress) {
        let host = address.ipAddress ?? settings.listenHost
        let port = address.port ?? settings.listenPort
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let server = place == "127.0.0.1:50051" ? "" : " --server \(place)"
        let text = """
            listening on \(place)
            mode: \(settings.mode), \(modeSentence)
            \(redisLines)tls: \(tlsMode)
            try: \(Self.cachectl)\(server)\(tlsFlags) set user:123 '{"name":"Ada"}' --ttl 5m

            """
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            // A full disk, or a reader that has gone: no reason not to serve.
            logger.warning(
                "standard output cannot be written",
                metadata: ["hint": "the address stands in the line that follows"])
        }
        logger.info(
            "listening",
            metadata: [
                "address": "\(place)", "mode": "\(settings.mode)",
                "threads": "\(settings.threads)", "tls": "\(tlsMode)",
            ])
    }

    private var modeSentence: String {
        if cache.shared == nil { return "one instance, everything in its memory" }
        return settings.l1Enabled
            ? "shared by all instances, memory in front"
            : "shared by all instances, no memory in front"
    }

    /// How each pool of Redis servers stands, one line each.
    private var redisLines: String {
        (cache.shared?.sentences ?? []).map { $0 + "\n" }.joined()
    }

    /// What cachectl needs to get in, with the files that `make certs` puts beside each other.
    private var tlsFlags: String {
        guard certificate != nil, let file = settings.tlsCertificate else { return "" }
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        let hasAuthority = FileManager.default.fileExists(atPath: folder + "ca.pem")
        let trust = hasAuthority ? " --tls-ca \(folder)ca.pem" : " --tls"
        guard settings.tlsClientCertificates == .required else { return trust }
        return trust + " --tls-certificate \(folder)client.pem --tls-key \(folder)client-key.pem"
    }

    /// Whether TLS is spoken, and what clients show.
    private var tlsMode: String {
        guard certificate != nil else { return "off" }
        let policy = settings.tlsClientCertificates
        return policy == .off ? "on" : "on (client certificates \(policy.rawValue))"
    }

    /// The client as it lies beside this program.
    private static var cachectl: String {
        let program = CommandLine.arguments.first ?? "cache-manager"
        guard let slash = program.lastIndex(of: "/") else { return "cachectl" }
        return program[...slash] + "cachectl"
    }

    private func drain(_ server: GRPCServer) async {
        logger.info(
            "draining",
            metadata: [
                "connections": "\(server.shared.connections)",
                "timeout": "\(DurationNotation.format(settings.drainTimeout))",
            ])
        if await server.drain(timeout: settings.drainTimeout) {
            logger.info("drained")
        } else {
            logger.warning(
                "drain timed out",
                metadata: ["hint": "calls were cut off; a longer drain_timeout lets them finish"])
        }
    }
}
