// The client's channel over TLS, against a server with a certificate of our own authority.

import TLS
import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(2))) struct ClientTLSTests {
    /// A server with a certificate for `localhost`, `127.0.0.1` and `::1`.
    private func startServer(_ folder: String) async throws -> TestServer {
        try await TestServer.start(
            tls: try TLSServerContext(
                TLSServerConfiguration(
                    certificateFile: folder + "/server.pem", keyFile: folder + "/server-key.pem")))
    }

    private func channel(
        to server: TestServer, caFile: String?, serverName: String? = nil
    ) throws -> ClientChannel {
        let tls = try TLSClientContext(TLSClientConfiguration(caFile: caFile))
        return ClientChannel.test([server.target]) {
            $0.tls = tls
            $0.serverName = serverName
        }
    }

    @Test("calls go over TLS to a server whose certificate is signed and named rightly")
    func trusted() async throws {
        let folder = try TestCertificates.folder.get()
        let server = try await startServer(folder)
        for name in [nil, "localhost"] {
            let channel = try channel(
                to: server, caFile: folder + "/ca.pem", serverName: name)
            let large = [UInt8](repeating: 5, count: 1_000_000)
            #expect(try await channel.unary("/test.Echo/Unary", large) == large)
            await channel.close()
        }
        await server.stop()
    }

    @Test("a certificate of an unknown authority or for another name is UNAVAILABLE, with reason")
    func untrusted() async throws {
        let folder = try TestCertificates.folder.get()
        let server = try await startServer(folder)
        for (caFile, name) in [(nil, nil), (folder + "/ca.pem", "other.example")] {
            let channel = try channel(to: server, caFile: caFile, serverName: name)
            do throws(GRPCStatus) {
                _ = try await channel.unary("/test.Echo/Unary", [1])
                Issue.record("the call went through")
            } catch {
                #expect(error.code == .unavailable)
                #expect(error.message.contains("certificate"), "\(error.message)")
            }
            await channel.close()
        }
        await server.stop()
    }

    @Test("a server that does not speak TLS is UNAVAILABLE")
    func plain() async throws {
        let folder = try TestCertificates.folder.get()
        let server = try await TestServer.start()
        let channel = try channel(to: server, caFile: folder + "/ca.pem")
        await #expect(throws: GRPCStatus.self) {
            _ = try await channel.unary("/test.Echo/Unary", [1])
        }
        #expect(channel.state == .transientFailure)
        await channel.close()
        await server.stop()
    }
}
