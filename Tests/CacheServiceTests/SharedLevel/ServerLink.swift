// A way to a server that a test can cut, while others still reach the server; any thread.

import Foundation
import Locks
import NIOCore
import NIOPosix
import RedisClient

/// Passes bytes on, both ways, until it is cut: then it ends what is open and what comes.
final class ServerLink: Sendable {
    /// Who ends what is open, and whether what comes is let through.
    fileprivate final class Gate: Sendable {
        private struct State {
            var isOpen = true
            var channels: [ObjectIdentifier: any Channel] = [:]
        }

        private let state = Locked(State())

        /// Whether the channel may stay.
        func enter(_ channel: any Channel) -> Bool {
            let isOpen = state.withLock { state in
                if state.isOpen { state.channels[ObjectIdentifier(channel)] = channel }
                return state.isOpen
            }
            channel.closeFuture.whenComplete { _ in self.leave(channel) }
            return isOpen
        }

        func set(isOpen: Bool) {
            let ended = state.withLock { state in
                state.isOpen = isOpen
                return isOpen ? [] : Array(state.channels.values)
            }
            for channel in ended { channel.close(promise: nil) }
        }

        private func leave(_ channel: any Channel) {
            state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }

    private let listener: any Channel
    private let gate: Gate

    /// Where it listens.
    var address: RedisAddress {
        .tcp(host: "127.0.0.1", port: listener.localAddress?.port ?? 0)
    }

    private init(_ listener: any Channel, _ gate: Gate) {
        self.listener = listener
        self.gate = gate
    }

    /// Listens on a free port for those that want to reach a port of this machine.
    static func start(to port: Int) async throws -> ServerLink {
        let gate = Gate()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { near in Self.join(near, to: port, gate) }
            .bind(host: "127.0.0.1", port: 0).get()
        return ServerLink(listener, gate)
    }

    func cut() { gate.set(isOpen: false) }

    func mend() { gate.set(isOpen: true) }

    func stop() async {
        cut()
        // What cannot be closed is closed.
        try? await listener.close()
    }

    private static func join(
        _ near: any Channel, to port: Int, _ gate: Gate
    ) -> EventLoopFuture<Void> {
        guard gate.enter(near) else { return near.close() }
        return ClientBootstrap(group: near.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { far in
                try near.pipeline.syncOperations.addHandler(PassOn(to: far))
                try far.pipeline.syncOperations.addHandler(PassOn(to: near))
                for channel in [near, far] {
                    channel.setOption(.autoRead, value: true).cascade(to: nil)
                }
            }
    }
}

/// Gives what one channel reads to another one, and ends with it.
private final class PassOn: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
