// The program that interop clients call: grpc.testing.TestService on this project's GRPC
// target; for tests only.
//
//   interop-server [PORT [CERTIFICATE KEY]]
//
// It says `listening on HOST:PORT`, with TLS if it has the files for it, and drains on SIGTERM.

import GRPC
import NIOCore
import NIOPosix
import TLS
import UnixSignals

@main
enum InteropServer {
    private static let drainTimeout = Duration.seconds(5)

    static func main() async throws {
        let arguments = CommandLine.arguments
        let port = arguments.count > 1 ? Int(arguments[1]) ?? 0 : 0
        let tls = arguments.count > 3 ? try tls(certificate: arguments[2], key: arguments[3]) : nil
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let names = [TestService.name] + ReflectionService.names
        let server = try await GRPCServer.start(
            host: "127.0.0.1", port: port,
            services: [TestService.make()] + ReflectionService.make(services: names),
            limits: ServerLimits(), group: group, prepare: { _ in },
            rejected: { reason, detail, _ in
                print("connection rejected: \(detail ?? reason.rawValue)")
            },
            tls: tls)
        print("listening on 127.0.0.1:\(server.address.port ?? port)")
        // Through a pipe it would wait in the buffer.
        flushOutput()
        for await _ in signals { break }
        _ = await server.drain(timeout: drainTimeout)
        try await group.shutdownGracefully()
    }

    private static func tls(certificate: String, key: String) throws -> TLSServerContext {
        let configuration = TLSServerConfiguration(certificateFile: certificate, keyFile: key)
        return try TLSServerContext(configuration)
    }
}
