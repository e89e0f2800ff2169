// TLS between the network and whatever stands behind it; event loop only.
//
// What stands behind it hears of the connection when the handshake is done, and not before: a
// peer that cannot finish one never reaches it. Each write becomes records at once and goes down
// at once, so the channel's writability counts what is really there.

package import NIOCore

/// The channel handler that speaks TLS, for a server or for a client.
package final class TLSHandler: ChannelDuplexHandler {
    /// What comes from the network.
    package typealias InboundIn = ByteBuffer
    /// What it says.
    package typealias InboundOut = ByteBuffer
    /// What is to be said.
    package typealias OutboundIn = ByteBuffer
    /// What goes to the network.
    package typealias OutboundOut = ByteBuffer

    /// Fired as a user event just before `channelActive`.
    package struct HandshakeCompleted: Sendable {
        /// The other side.
        package let peer: TLSPeer
    }

    /// The most bytes that wait for the handshake.
    static let maxHeldBytes = 1 << 20
    /// The most writes that wait for the handshake.
    static let maxHeldWrites = 1_024
    /// The most bytes that OpenSSL may answer on its own to a peer that does not read them.
    static let maxUnaskedBytes = 64 << 10

    enum State {
        /// The channel is not active yet.
        case waiting
        case handshaking(timer: Scheduled<Void>)
        case open
        /// Closed or about to be: nothing is read or written any more.
        case ended
    }

    let connection: TLSConnection
    private let timeout: Duration
    private(set) var context: ChannelHandlerContext?
    var state = State.waiting
    /// Whether those behind have heard of the connection.
    private var hasFiredActive = false
    /// Whether the peer has said that it sends no more.
    var isInputClosed = false
    /// Whether this side has said that it sends no more.
    var isOutputClosed = false
    private var held = CircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)>()
    private var heldBytes = 0
    private var wantsFlush = false
    private var hasReadSomething = false
    private var hasHeardPeer = false
    private var unaskedBytes = 0

    init(connection: TLSConnection, timeout: Duration) {
        self.connection = connection
        self.timeout = timeout
    }

    // MARK: - The connection's life

    /// Begins at once when the channel is active already.
    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    /// Leaves nothing waiting.
    package func handlerRemoved(context: ChannelHandlerContext) {
        end(TLSError(.closed, "the connection is closed"))
        self.context = nil
    }

    /// Begins the handshake; those behind hear of the channel when it is done.
    package func channelActive(context: ChannelHandlerContext) {
        begin(context)
    }

    /// Tells those behind, if they have heard of the channel at all.
    package func channelInactive(context: ChannelHandlerContext) {
        switch state {
        case .waiting, .ended: break
        case .handshaking: report(cutHandshake, context)
        case .open: if !isInputClosed { report(Self.truncation, context) }
        }
        end(TLSError(.closed, "the connection is closed"))
        if hasFiredActive { context.fireChannelInactive() }
    }

    /// Who leaves without a word is no failure: probes and port scans do that.
    private var cutHandshake: TLSError {
        hasHeardPeer
            ? TLSError(
                .handshake, "the peer left in the middle; it may not accept the certificate shown")
            : TLSError(.closed, "the peer closed the connection before it said anything")
    }
    static let truncation = TLSError(
        .truncated, "the peer closed the connection without saying so (close_notify)")

    private func begin(_ context: ChannelHandlerContext) {
        guard case .waiting = state else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let timer = context.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            bound.value.handshakeTimedOut()
        }
        state = .handshaking(timer: timer)
        advance(connection.handshake(), plaintext: nil, context)
        context.flush()
    }

    private func handshakeTimedOut() {
        guard let context, case .handshaking = state else { return }
        fail(TLSError(.handshakeTimeout, "the peer did not finish the handshake in time"), context)
    }

    private func complete(_ context: ChannelHandlerContext) {
        guard case .handshaking(let timer) = state else { return }
        timer.cancel()
        let peer = connection.makePeer()
        if connection.context.requiresProtocol, peer.applicationProtocol == nil {
            send(connection.sendCloseNotify().output, context)
            let sentence = "the peer chose no application protocol (ALPN), and one is required here"
            return fail(TLSError(.handshake, sentence), context)
        }
        state = .open
        hasFiredActive = true
        context.fireUserInboundEventTriggered(HandshakeCompleted(peer: peer))
        context.fireChannelActive()
        sendHeld(context)
    }

    // MARK: - Reading

    /// Decrypts what has come, all of it.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .waiting, .ended: return
        case .handshaking, .open: break
        }
        hasHeardPeer = true
        let pool = connection.pool
        var plaintext = pool.takeIncoming()
        let turn = unwrapInboundIn(data).withUnsafeReadableBytes {
            connection.receive($0, into: &plaintext)
        }
        advance(turn, plaintext: plaintext, context)
        pool.giveBack(plaintext)
    }

    /// Acts on what OpenSSL made of the bytes: answers, then events, in this order.
    private func advance(
        _ turn: TLSConnection.Turn, plaintext: ByteBuffer?, _ context: ChannelHandlerContext
    ) {
        if let output = turn.output { sendUnasked(output, context) }
        if turn.finishedHandshake { complete(context) }
        guard case .open = state else { return finish(turn.step, context) }
        if let plaintext, plaintext.readableBytes > 0, !isInputClosed {
            hasReadSomething = true
            context.fireChannelRead(wrapInboundOut(plaintext))
        }
        if !held.isEmpty { sendHeld(context) }
        finish(turn.step, context)
    }

    private func finish(_ step: TLSConnection.Step, _ context: ChannelHandlerContext) {
        switch (step, state) {
        case (.done, _), (.needsInput, _), (_, .ended): break
        case (.failed(let error), _): fail(error, context)
        case (.closedByPeer, .open): peerClosed(context)
        case (.closedByPeer, _): fail(cutHandshake, context)
        }
    }

    /// Sends what answers the peer; it goes out at the end of the read.
    private func sendUnasked(_ output: ByteBuffer, _ context: ChannelHandlerContext) {
        if case .open = state, !context.channel.isWritable {
            unaskedBytes += output.readableBytes
            guard unaskedBytes <= Self.maxUnaskedBytes else {
                let sentence = "the peer asks for more answers than it reads"
                return fail(TLSError(.protocolViolation, sentence), context)
            }
        }
        wantsFlush = true
        send(output, context)
    }

    /// Sends what is left to send, and asks for more where nothing has come for those behind.
    package func channelReadComplete(context: ChannelHandlerContext) {
        if hasFiredActive { context.fireChannelReadComplete() }
        if wantsFlush {
            wantsFlush = !held.isEmpty
            context.flush()
        }
        if !hasReadSomething { context.read() }
        hasReadSomething = false
    }

    /// Forwarded, once those behind know of the channel.
    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { unaskedBytes = 0 }
        if hasFiredActive { context.fireChannelWritabilityChanged() }
    }

    /// The end of the network's bytes is checked; whatever else is forwarded.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        switch state {
        case .waiting, .ended: break
        case .handshaking: fail(cutHandshake, context)
        case .open: if !isInputClosed { fail(Self.truncation, context) }
        }
    }

    /// A failure of the network below.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .ended: break
        case .open: context.fireErrorCaught(error)
        case .waiting, .handshaking:
            fail(TLSError(.handshake, "the network failed in the handshake: \(error)"), context)
        }
    }

    // MARK: - Writing

    /// Encrypts at once; before the handshake is done it waits, within limits.
    package func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        let bytes = unwrapOutboundIn(data)
        if isOutputClosed { return refuse(promise) }
        switch state {
        case .open where held.isEmpty: encrypt(bytes, promise, context)
        case .waiting, .handshaking, .open: hold(bytes, promise, context)
        case .ended: refuse(promise)
        }
    }

    /// Forwarded, at the latest when the handshake is done.
    package func flush(context: ChannelHandlerContext) {
        if !held.isEmpty { wantsFlush = true }
        context.flush()
    }

    private func refuse(_ promise: EventLoopPromise<Void>?) {
        promise?.fail(TLSError(.closed, "the connection is closed for writing"))
    }

    private func encrypt(
        _ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) {
        // Nothing becomes no record; who writes it wants to know when what went before has left.
        guard bytes.readableBytes > 0 else {
            return context.write(wrapOutboundOut(bytes), promise: promise)
        }
        let turn = bytes.withUnsafeReadableBytes { connection.send($0) }
        switch turn.step {
        case .done:
            context.write(wrapOutboundOut(turn.output ?? ByteBuffer()), promise: promise)
        case .needsInput:
            // In the middle of a message of the peer about its keys, which must be heard first.
            send(turn.output, context)
            hold(bytes, promise, context)
        case .closedByPeer:
            refuse(promise)
        case .failed(let error):
            send(turn.output, context)
            promise?.fail(error)
            fail(error, context)
        }
    }

    private func hold(
        _ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) {
        guard heldBytes + bytes.readableBytes <= Self.maxHeldBytes, held.count < Self.maxHeldWrites
        else {
            promise?.fail(TLSError(.closed, "too much was written before it could be sent"))
            return fail(
                TLSError(.handshake, "too much was written before it could be sent"), context)
        }
        heldBytes += bytes.readableBytes
        held.append((bytes, promise))
    }

    private func sendHeld(_ context: ChannelHandlerContext) {
        let waiting = held
        held.removeAll()
        heldBytes = 0
        for (index, write) in waiting.enumerated() {
            guard case .open = state, !isOutputClosed else {
                refuse(write.promise)
                continue
            }
            // Where one has to go on waiting, so do those behind it.
            if index > 0, !held.isEmpty {
                hold(write.bytes, write.promise, context)
            } else {
                encrypt(write.bytes, write.promise, context)
            }
        }
        if held.isEmpty, wantsFlush {
            wantsFlush = false
            context.flush()
        }
    }

    /// Hands records to the channel; a failure shows as the channel's own.
    func send(_ output: ByteBuffer?, _ context: ChannelHandlerContext) {
        guard let output else { return }
        context.write(wrapOutboundOut(output), promise: nil)
    }

    // MARK: - Ending

    /// Ends the connection: the alert is out already, then the error, once, then the close.
    func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
        if case .ended = state { return }
        end(error)
        context.flush()
        context.fireErrorCaught(error)
        context.close(mode: .all, promise: nil)
    }

    private func report(_ error: TLSError, _ context: ChannelHandlerContext) {
        end(error)
        context.fireErrorCaught(error)
    }

    /// Stops everything and tells those who wait.
    func end(_ error: TLSError) {
        if case .handshaking(let timer) = state { timer.cancel() }
        state = .ended
        let waiting = held
        held.removeAll()
        heldBytes = 0
        for write in waiting { write.promise?.fail(error) }
    }
}
