// How a TLS connection ends when both sides are well: close_notify both ways; event loop only.

package import NIOCore

extension TLSHandler {
    /// Says close_notify before the channel closes, wholly or for writing.
    package func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        switch mode {
        case .input: break
        case .output: sayGoodbye(context)
        case .all:
            if case .handshaking = state {
                // Those behind have heard of nothing yet, and hear of nothing but this.
                let error = TLSError(.closed, "the connection was closed during the handshake")
                end(error)
                context.close(mode: mode, promise: promise)
                return context.fireErrorCaught(error)
            }
            sayGoodbye(context)
            end(TLSError(.closed, "the connection was closed here"))
        }
        context.close(mode: mode, promise: promise)
    }

    /// The peer sends no more: answered in kind, and closed, unless this side may go on alone.
    func peerClosed(_ context: ChannelHandlerContext) {
        guard !isInputClosed else { return }
        isInputClosed = true
        let mayGoOn =
            (try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)) ?? false
        if mayGoOn && !isOutputClosed {
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            close(context: context, mode: .all, promise: nil)
        }
    }

    /// Writes close_notify, once, behind everything written before.
    private func sayGoodbye(_ context: ChannelHandlerContext) {
        guard case .open = state, !isOutputClosed else { return }
        isOutputClosed = true
        send(connection.sendCloseNotify().output, context)
        context.flush()
    }
}
