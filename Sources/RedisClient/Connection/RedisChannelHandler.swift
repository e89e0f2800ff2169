// Carries a channel's events to its connection and back; event loop only.

import NIOCore
import TLS

/// The last handler of a connection's channel.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let connection: RedisConnection

    init(_ connection: RedisConnection) { self.connection = connection }

    func handlerAdded(context: ChannelHandlerContext) { connection.attach(context) }

    func handlerRemoved(context: ChannelHandlerContext) { connection.detach() }

    func channelActive(context: ChannelHandlerContext) { connection.began() }

    func channelInactive(context: ChannelHandlerContext) { connection.end(connection.lost) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.read(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) { connection.readCompleted() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if connection.isOpen {
            connection.end(ConnectFailure.lost(connection.address, error))
        } else if error is TLSError {
            connection.end(ConnectFailure.error(connection.address, error))
        } else {
            connection.end(connection.lost)
        }
    }
}
