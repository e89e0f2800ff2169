// Listens, accepts and drains; safe to call from any thread.

package import NIOCore
import NIOPosix
package import TLS

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A gRPC server on one TCP port. One connection lives on one event loop.
package final class GRPCServer: Sendable {
    /// Connections that the kernel may hold before they are accepted.
    private static let backlog: Int32 = 1024
    /// What the kernel takes before it can send it: a small answer waits behind all of it.
    private static let unsentInKernelBytes = 64 << 10

    /// The address it listens on, with the port that the system chose when 0 was asked.
    package let address: SocketAddress
    /// Its counters.
    package let shared: ServerShared
    private let listener: any Channel
    private let loops: [NIOLoopBoundBox<ServerLoop>]

    /// Starts to listen. `prepare` runs once for each loop, on that loop, before the first
    /// connection. `rejected` hears, on any loop, of each connection that was turned away or
    /// ended against its peer's will: why, more about that where there is more, and the peer's
    /// IP address. Without `tls` the port speaks plain HTTP/2. Throws UNAVAILABLE when the port
    /// cannot be had.
    package static func start(
        host: String, port: Int, services: [Service], limits: ServerLimits,
        group: any EventLoopGroup, prepare: @escaping @Sendable (ServerLoop) -> Void,
        rejected:
            @escaping @Sendable (ConnectionRejection, _ detail: String?, _ peer: String) -> Void,
        tls: TLSServerContext? = nil
    ) async throws(GRPCStatus) -> GRPCServer {
        let shared = ServerShared(services: services, limits: limits, rejected: rejected)
        do {
            var loops: [NIOLoopBoundBox<ServerLoop>] = []
            for (index, eventLoop) in group.makeIterator().enumerated() {
                let seed = try RandomBytes().uint64()
                let box = eventLoop.submit {
                    let loop = ServerLoop(
                        index: index, eventLoop: eventLoop, shared: shared, seed: seed)
                    prepare(loop)
                    return NIOLoopBoundBox(loop, eventLoop: eventLoop)
                }
                loops.append(try await box.get())
            }
            let listener = try await Self.listen(
                host: host, port: port, group: group, loops: loops, shared: shared, tls: tls)
            guard let address = listener.localAddress else {
                throw GRPCStatus(.internal, "the listening socket has no address")
            }
            return GRPCServer(address: address, shared: shared, listener: listener, loops: loops)
        } catch let status as GRPCStatus {
            throw status
        } catch {
            throw GRPCStatus(
                .unavailable, "cannot listen on \(host):\(port): \(ConnectFailure.reason(error))")
        }
    }

    private init(
        address: SocketAddress, shared: ServerShared, listener: any Channel,
        loops: [NIOLoopBoundBox<ServerLoop>]
    ) {
        self.address = address
        self.shared = shared
        self.listener = listener
        self.loops = loops
    }

    private static func listen(
        host: String, port: Int, group: any EventLoopGroup,
        loops: [NIOLoopBoundBox<ServerLoop>], shared: ServerShared, tls: TLSServerContext?
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                .tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: unsentInKernelBytes
            )
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(
                    low: ServerConnectionHandler.flushBytes / 2,
                    high: ServerConnectionHandler.flushBytes)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard shared.admit(channel.remoteAddress) else {
                        throw ChannelError.ioOnClosedChannel
                    }
                    channel.closeFuture.whenComplete { _ in shared.leave() }
                    guard let loop = loops.first(where: { $0.isOn(channel.eventLoop) }) else {
                        throw ChannelError.inappropriateOperationForState
                    }
                    try Self.addHandlers(to: channel, loop: loop.value, tls: tls)
                }
            }
            .bind(host: host, port: port).get()
    }

    static func addHandlers(
        to channel: any Channel, loop: ServerLoop, tls: TLSServerContext?
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        guard let tls else {
            return try pipeline.addHandler(ServerConnectionHandler(loop: loop))
        }
        try pipeline.addHandler(tls.makeHandler(pool: loop.tlsPool))
        try pipeline.addHandler(HandshakeGate(loop: loop))
    }

    /// Stops accepting, lets what is open finish, and closes what is left after `timeout`.
    /// True when everything finished by itself.
    package func drain(timeout: Duration) async -> Bool {
        let end = NIODeadline.now() + TimeAmount(timeout)
        // Fails only where it was closed before.
        _ = try? await listener.close().get()
        for loop in loops { loop.execute { $0.drain(grace: timeout) } }
        let shared = shared
        let patience = loops.first?.eventLoop.scheduleTask(deadline: end) {
            shared.lastDeparture.endPatience()
        }
        let finished = await shared.lastDeparture.wait(unless: { shared.connections == 0 })
        patience?.cancel()
        for loop in loops { loop.execute { $0.cutShort() } }
        return finished
    }
}

extension NIOLoopBoundBox<ServerLoop> {
    fileprivate func isOn(_ eventLoop: any EventLoop) -> Bool { self.eventLoop === eventLoop }

    fileprivate func execute(_ body: @escaping @Sendable (ServerLoop) -> Void) {
        eventLoop.execute { body(self.value) }
    }
}
