// Stands where the connection's handler will stand once TLS is agreed on; event loop only.

import NIOCore
package import TLS

/// TLS on a server's port.
package struct ServerTLS: Sendable {
    let context: TLSServerContext
    let failed: @Sendable (TLSError, _ peer: String) -> Void

    /// TLS with the certificate of `context`. `failed` hears, on any loop, why a handshake failed
    /// and the peer's IP address; it does not hear of peers that only come and go.
    package init(
        _ context: TLSServerContext, failed: @escaping @Sendable (TLSError, _ peer: String) -> Void
    ) {
        self.context = context
        self.failed = failed
    }
}

/// Lets nothing behind it exist for a peer that has not finished its handshake.
final class HandshakeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let loop: ServerLoop
    private let failed: @Sendable (TLSError, _ peer: String) -> Void
    private var context: ChannelHandlerContext?

    init(loop: ServerLoop, tls: ServerTLS) {
        self.loop = loop
        failed = tls.failed
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        guard loop.grace != nil else { return }
        // The server is going away already.
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute { bound.value.close() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
    }

    /// Makes the connection's handler, which hears of the channel next, and leaves.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let completed = event as? TLSHandler.HandshakeCompleted else {
            return context.fireUserInboundEventTriggered(event)
        }
        do {
            let pipeline = context.pipeline.syncOperations
            let handler = ServerConnectionHandler(loop: loop, peer: completed.peer)
            try pipeline.addHandler(handler, position: .after(self))
            pipeline.removeHandler(context: context, promise: nil)
        } catch {
            // The channel is on its way out, or it would take the handler.
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? TLSError, error.code != .closed else { return }
        let peer = context.remoteAddress
        loop.shared.countRejection(.tlsHandshake, peer: peer, isSaidElsewhere: true)
        failed(error, peer?.ipAddress ?? "unknown")
    }

    /// Whoever is not through yet waits for nothing.
    func close() { context?.close(promise: nil) }
}
