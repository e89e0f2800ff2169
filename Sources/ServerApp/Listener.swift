// The gRPC port: listens, tells people so, and drains when it is time; any thread.

import CacheService
import Foundation
import GRPC
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TLS

/// Runs the port from the first line on the terminal to the last call answered.
struct Listener: ServiceLifecycle.Service {
    let settings: Settings
    let cache: EmbeddedCache
    let certificate: ServerCertificate?
    let loops: MultiThreadedEventLoopGroup
    let logger: Logger

    func run() async throws {
        let names = [CacheService.name, HealthService.name] + ReflectionService.names
        let health = HealthRegistry(services: [CacheService.name])
        let services =
            [cache.service.makeService(), HealthService.make(health)]
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
        health.setAll(serving: true)
        announce(server.address)
        // Ends by the signal, or by a failure of another part of the server.
        try? await gracefulShutdown()
        health.setAll(serving: false)
        await drain(server)
    }

    private func announce(_ address: SocketAddress) {
        let host = address.ipAddress ?? settings.listenHost
        let port = address.port ?? settings.listenPort
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let server = place == "127.0.0.1:50051" ? "" : " --server \(place)"
        let text = """
            listening on \(place)
            mode: \(EmbeddedCache.mode) (one instance, everything in its memory)
            tls: \(tlsMode)
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
                "address": "\(place)", "mode": "\(EmbeddedCache.mode)",
                "threads": "\(settings.threads)", "tls": "\(tlsMode)",
            ])
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
