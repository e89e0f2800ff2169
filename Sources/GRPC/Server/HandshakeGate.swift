// Stands where the connection's handler will stand once TLS is agreed on; event loop only.

import NIOCore
import TLS

/// Lets nothing behind it exist for a peer that has not finished its handshake.
final class HandshakeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let loop: ServerLoop
    private var context: ChannelHandlerContext?
    /// Where the peer is, for a channel that is gone does not know it any more.
    private var peer: SocketAddress?

    init(loop: ServerLoop) { self.loop = loop }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        peer = context.remoteAddress
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

    /// A handshake failed; peers that only come and go are not worth a word.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? TLSError, error.code != .closed else { return }
        loop.shared.countRejection(
            .tlsHandshake, detail: error.message, peer: context.remoteAddress ?? peer)
    }

    /// Whoever is not through yet waits for nothing.
    func close() { context?.close(promise: nil) }
}
