// Holds the link of one loop to what it promises while another loop is let in sooner.

import Locks
import NIOCore
import NIOPosix
import Testing

@testable import RedisClient

@Suite("The link to a server")
struct ServerLinkTests {
    /// Takes connections and says nothing.
    private final class MuteServer: Sendable {
        private let accepted = Locked<[any Channel]>([])
        private let listener = Locked<(any Channel)?>(nil)

        var count: Int { accepted.withLock { $0.count } }

        func listen(on port: Int) async throws {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { [self] channel in
                    accepted.withLock { $0.append(channel) }
                    return channel.eventLoop.makeSucceededVoidFuture()
                }
                .bind(host: "127.0.0.1", port: port).get()
            listener.withLock { $0 = channel }
        }

        func closeFirst() async throws {
            try await accepted.withLock { $0.first }?.close().get()
        }

        func stop() {
            listener.withLock { $0 }?.close(promise: nil)
            for channel in accepted.withLock({ $0 }) { channel.close(promise: nil) }
        }
    }

    private final class Failures: Sendable {
        private let told = Locked(0)

        var count: Int { told.withLock { $0 } }

        func add() { told.withLock { $0 += 1 } }
    }

    @Test("calls wait for an attempt under way when another loop is let in, and for one after it")
    func hurriedWhileConnecting() async throws {
        let port = try RedisServer.freePort()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var configuration = RedisConfiguration(topology: .shards([]))
        configuration.connectTimeout = .seconds(600)
        let core = try PoolCore(configuration, loops: [loop]) { _ in }
        let failures = Failures()
        let link = ServerLink(
            to: .tcp(host: "127.0.0.1", port: port), isReplica: false, core: core, eventLoop: loop,
            events: ServerLink.Events(
                connected: { _ in }, failed: { _, _, _ in failures.add() }))
        func isRefusing() async throws -> Bool {
            try await loop.submit { link.failure != nil }.get()
        }
        let server = MuteServer()
        defer {
            loop.execute { link.close() }
            server.stop()
        }

        try await loop.submit { link.open() }.get()
        try await eventually { try await isRefusing() }
        try await server.listen(on: port)
        try await eventually { server.count == 1 }
        let told = failures.count
        #expect(try await isRefusing(), "nobody knows yet that the server is there")

        try await loop.submit { link.hurry() }.get()
        #expect(try await !isRefusing())
        try await server.closeFirst()
        try await eventually { server.count == 2 }
        #expect(try await !isRefusing())
        #expect(failures.count == told)
    }
}
