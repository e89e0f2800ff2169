// The program that interop clients call: grpc.testing.TestService on this project's GRPC
// target; for tests only.
//
//   interop-server [PORT]     says `listening on HOST:PORT`, and drains on SIGTERM

import GRPC
import NIOCore
import NIOPosix
import UnixSignals

@main
enum InteropServer {
    private static let drainTimeout = Duration.seconds(5)

    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 0
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let names = [TestService.name] + ReflectionService.names
        let server = try await GRPCServer.start(
            host: "127.0.0.1", port: port,
            services: [TestService.make()] + ReflectionService.make(services: names),
            limits: ServerLimits(), group: group, prepare: { _ in },
            rejected: { reason, _ in print("connection rejected: \(reason.rawValue)") })
        print("listening on 127.0.0.1:\(server.address.port ?? port)")
        // Through a pipe it would wait in the buffer.
        flushOutput()
        for await _ in signals { break }
        _ = await server.drain(timeout: drainTimeout)
        try await group.shutdownGracefully()
    }
}
