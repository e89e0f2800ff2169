// The client's channel over TLS, against a server with a certificate of our own authority.

import Foundation
import NIOCore
import NIOPosix
import TLS
import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(2))) struct ClientTLSTests {
    /// The files that `scripts/certs` makes; made once, for it takes a while.
    private static let folder = Result { try makeCertificates() }

    private static func makeCertificates() throws -> String {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "grpc-tests-\(UUID().uuidString)").path(percentEncoded: false)
        let root = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }
        let process = Process()
        process.executableURL = root.appending(path: "scripts/certs")
        process.arguments = [path]
        process.standardOutput = Pipe()
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "scripts/certs failed: `make deps`")
        return path
    }

    /// Listens with the echo service behind TLS.
    private func listen(_ folder: String) async throws -> any Channel {
        let context = try TLSServerContext(
            TLSServerConfiguration(
                certificateFile: folder + "/server.pem", keyFile: folder + "/server-key.pem"))
        let shared = ServerShared(
            services: [EchoService.make(CallLog())], limits: ServerLimits(),
            rejected: { _, _ in })
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        return try await ServerBootstrap(group: eventLoop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let loop = ServerLoop(
                        index: 0, eventLoop: channel.eventLoop, shared: shared, seed: 1)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(context.makeHandler())
                    try pipeline.addHandler(ServerConnectionHandler(loop: loop))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private func channel(
        to address: SocketAddress?, caFile: String?, serverName: String? = nil
    ) throws -> ClientChannel {
        let tls = try TLSClientContext(TLSClientConfiguration(caFile: caFile))
        let target = ClientTarget(host: "127.0.0.1", port: address?.port ?? 0)
        return ClientChannel.test([target]) {
            $0.tls = tls
            $0.serverName = serverName
        }
    }

    @Test("calls go over TLS to a server whose certificate is signed and named rightly")
    func trusted() async throws {
        let folder = try Self.folder.get()
        let listener = try await listen(folder)
        for name in [nil, "localhost"] {
            let channel = try channel(
                to: listener.localAddress, caFile: folder + "/ca.pem", serverName: name)
            let large = [UInt8](repeating: 5, count: 1_000_000)
            #expect(try await channel.unary("/test.Echo/Unary", large) == large)
            await channel.close()
        }
        try await listener.close()
    }

    @Test("a certificate of an unknown authority or for another name is UNAVAILABLE, with reason")
    func untrusted() async throws {
        let folder = try Self.folder.get()
        let listener = try await listen(folder)
        for (caFile, name) in [(nil, nil), (folder + "/ca.pem", "other.example")] {
            let channel = try channel(to: listener.localAddress, caFile: caFile, serverName: name)
            do throws(GRPCStatus) {
                _ = try await channel.unary("/test.Echo/Unary", [1])
                Issue.record("the call went through")
            } catch {
                #expect(error.code == .unavailable)
                #expect(error.message.contains("certificate"), "\(error.message)")
            }
            await channel.close()
        }
        try await listener.close()
    }

    @Test("a server that does not speak TLS is UNAVAILABLE")
    func plain() async throws {
        let folder = try Self.folder.get()
        let server = try await TestServer.start()
        let channel = try channel(to: server.server.address, caFile: folder + "/ca.pem")
        await #expect(throws: GRPCStatus.self) {
            _ = try await channel.unary("/test.Echo/Unary", [1])
        }
        #expect(channel.state == .transientFailure)
        await channel.close()
        await server.stop()
    }
}
