// A network that can be cut: passes bytes on between a client and a server; any thread.

import Locks
import NIOCore
import NIOPosix

/// Listens on a free port and connects each client to the server behind it.
final class TCPProxy: Sendable {
    private struct State {
        var isCut = false
        var clients: [any Channel] = []
        /// Counts the freezes: connections from before the last one carry nothing any more.
        var freezes = 0
    }

    private let state = Locked(State())
    private let serverPort: Int
    private let listener = Locked<(any Channel)?>(nil)

    var address: String {
        "127.0.0.1:\(listener.withLock { $0?.localAddress?.port } ?? 0)"
    }

    private init(serverPort: Int) { self.serverPort = serverPort }

    /// Starts it in front of the server of that port.
    static func start(to serverPort: Int) async throws -> TCPProxy {
        let proxy = TCPProxy(serverPort: serverPort)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { proxy.accept($0) }
            .bind(host: "127.0.0.1", port: 0).get()
        proxy.listener.withLock { $0 = listener }
        return proxy
    }

    private func accept(_ client: any Channel) -> EventLoopFuture<Void> {
        let (isCut, freezes) = state.withLock { state in
            if !state.isCut { state.clients.append(client) }
            return (state.isCut, state.freezes)
        }
        let isFrozen = { @Sendable in self.state.withLock { $0.freezes > freezes } }
        if isCut { return client.eventLoop.makeFailedFuture(ChannelError.eof) }
        return ClientBootstrap(group: client.eventLoop)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(
                        Relay(to: client, unless: isFrozen))
                }
            }
            .connect(host: "127.0.0.1", port: serverPort)
            .flatMapThrowing { server in
                try client.pipeline.syncOperations.addHandler(Relay(to: server, unless: isFrozen))
            }
    }

    /// Drops every connection, and every new one until `mend`.
    func cut() {
        let clients = state.withLock { state in
            state.isCut = true
            defer { state.clients = [] }
            return state.clients
        }
        for client in clients { client.close(promise: nil) }
    }

    /// Lets every connection there is stay open and carry nothing, as when a cable is pulled.
    func freeze() { state.withLock { $0.freezes += 1 } }

    /// Takes new connections again.
    func mend() { state.withLock { $0.isCut = false } }

    func stop() async throws {
        cut()
        try await listener.withLock { $0.take() }?.close()
    }
}

/// Hands on what comes to another channel of the same event loop.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let peer: any Channel
    private let isFrozen: @Sendable () -> Bool

    init(to peer: any Channel, unless isFrozen: @escaping @Sendable () -> Bool) {
        self.peer = peer
        self.isFrozen = isFrozen
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isFrozen() { return }
        peer.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.close(promise: nil)
        context.fireChannelInactive()
    }
}
