// A unary call as its handler sees it, and how it is answered; event loop only.

package import NIOCore
package import TLS

/// A unary call as its handler sees it: everything in it is valid only until it returns.
package struct UnaryRequest: ~Copyable {
    /// The request's message.
    package let message: UnsafeRawBufferPointer
    /// What the loop that reads the call shares among its calls.
    package let loop: ServerLoop
    let stream: UnsafeMutablePointer<ServerStream>
    let connection: Unmanaged<ServerConnectionHandler>

    /// When the bytes of the request were read.
    package let now: NIODeadline

    /// The other side of the connection and who it proved to be; nil without TLS.
    package var peer: TLSPeer? { connection.takeUnretainedValue().peer }

    /// Whether the message came packed.
    package var isCompressed: Bool { stream.pointee.reader.isCompressed }

    /// When the caller gives up; nil: never.
    package var deadline: NIODeadline? { stream.pointee.deadline }

    /// Keeps the call for an answer that comes later on this event loop, from a callback; the
    /// handler then returns `deferred`. Called once.
    package func deferReply() -> DeferredReply {
        connection.takeUnretainedValue().deferReply(stream)
    }

    /// The first value of a custom metadata field, without building them all.
    package func metadata(_ name: StaticString) -> [UInt8]? {
        stream.pointee.metadata.value(of: name)
    }
}

/// Where a unary handler writes its message.
package struct UnaryReply {
    let stream: UnsafeMutablePointer<ServerStream>

    /// Gives room for a message of exactly this size; called once, filled at once.
    package func reserve(_ size: Int) -> UnsafeMutableRawBufferPointer {
        let all = stream.pointee.reply.extend(by: FramedMessage.prefixBytes + size)
        FramedMessage.writePrefix(length: size, to: all)
        return UnsafeMutableRawBufferPointer(rebasing: all[FramedMessage.prefixBytes...])
    }

    /// Has the reply packed, if the caller accepts gzip and that makes it smaller; also where
    /// the outcome is pending.
    package func compress() { stream.pointee.flags.insert(.compressReply) }
}

/// How a unary handler answers.
package enum UnaryOutcome {
    /// The message stands in the reply.
    case replied
    /// The call failed.
    case failed(GRPCStatus)
    /// The answer comes by the `DeferredReply` that the handler asked for.
    case deferred
    /// The rest has to wait for something: it runs as a task on the same event loop, and is
    /// cancelled when the caller goes away or its deadline passes.
    case pending(@Sendable () async throws(GRPCStatus) -> FramedMessage)
}
