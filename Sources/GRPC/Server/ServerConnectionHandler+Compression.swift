// How a connection unpacks requests and packs answers; event loop only.
//
// A packed message stays packed until its handler hears of it, and is unpacked into the one
// place that the loop has for that: what a connection holds is what came over the wire.

import NIOCore

extension ServerConnectionHandler {
    /// How long a connection that has had its turn waits: any wait lets the others read.
    private static let turn = TimeAmount.milliseconds(1)

    /// Whether this connection has made the loop unpack and pack enough for one turn.
    var mustYield: Bool { recorder.pointee.codedBytes >= recorder.pointee.limits.codedBytes }

    /// Whether the next message is plain, or can be unpacked now.
    func canInflate(_ stream: Stream) -> Bool {
        !stream.pointee.reader.nextIsCompressed || (!mustYield && !loop.codec.isInUse)
    }

    /// Whether a complete call of one message cannot be handled in this turn.
    func mustAwaitTurn(_ stream: Stream, _ handler: Method.Handler) -> Bool {
        guard mustYield || stream.pointee.reader.encoding == .gzip else { return false }
        return switch handler {
        case .unary: mustYield || !canInflate(stream)
        case .stream(clientStreaming: false, _): !canInflate(stream)
        case .stream(clientStreaming: true, _): false  // judged with each of its messages
        }
    }

    /// Goes on with the stream when the other connections of the loop have had their turn.
    func awaitTurn(_ stream: Stream) {
        stream.pointee.flags.insert(.awaitsTurn)
        recorder.pointee.awaitingTurn.append(stream)
        if stream.pointee.deadline != nil {
            (stream.pointee.call ?? makeCall(stream)).startDeadline()
        }
        if recorder.pointee.awaitingTurn.count > 1 { return }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.scheduleTask(in: Self.turn) { bound.value.takeTurn() }
    }

    private func takeTurn() {
        let streams = recorder.pointee.awaitingTurn
        recorder.pointee.awaitingTurn = []
        recorder.pointee.codedBytes = 0
        // A handler may end the connection, and with it all of its streams.
        for stream in streams where isOpen {
            stream.pointee.flags.remove(.awaitsTurn)
            if stream.pointee.flags.contains(.remoteEnded) {
                ended(stream)
            } else {
                dataReceived(stream)
            }
        }
        flush()
    }

    /// Calls `body` with the message that the reader gave last; ends the call where that
    /// cannot be unpacked within the limit.
    func withPlain(
        _ stream: Stream, _ message: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        guard stream.pointee.reader.isCompressed else { return body(message) }
        do throws(GRPCStatus) {
            let limit = recorder.pointee.limits.messageBytes
            try loop.codec.withInflated(message, limit: limit, body)
        } catch {
            finish(stream, error, trailers: Metadata())
        }
        recorder.pointee.codedBytes += loop.codec.takeWork()
    }

    /// Whether a unary reply of this size should be packed.
    func mustCompress(_ stream: Stream, replyBytes: Int) -> Bool {
        if stream.pointee.flags.contains(.compressReply) { return true }
        guard let above = recorder.pointee.limits.compressRepliesAboveBytes else { return false }
        return replyBytes - FramedMessage.prefixBytes > above
    }

    /// Packs a unary reply in its place, where it should be and that makes it smaller.
    func compressReply(_ stream: Stream) {
        guard mustCompress(stream, replyBytes: stream.pointee.reply.count) else { return }
        let prefix = FramedMessage.prefixBytes
        let message = UnsafeRawBufferPointer(rebasing: stream.pointee.reply.bytes[prefix...])
        loop.codec.withDeflated(message) { packed in
            guard let packed else { return }
            let target = stream.pointee.reply.shorten(to: prefix + packed.count)
            FramedMessage.writePrefix(length: packed.count, isCompressed: true, to: target)
            UnsafeMutableRawBufferPointer(rebasing: target[prefix...]).copyMemory(from: packed)
            stream.pointee.flags.insert(.answersGzip)
        }
        recorder.pointee.codedBytes += loop.codec.takeWork()
    }

    /// The message packed, or as it is where that would not be smaller.
    func compressed(_ message: FramedMessage) -> FramedMessage {
        defer { recorder.pointee.codedBytes += loop.codec.takeWork() }
        return message.withMessage { plain in
            loop.codec.withDeflated(plain) { packed in
                packed.map { FramedMessage(compressed: $0) } ?? message
            }
        }
    }
}
