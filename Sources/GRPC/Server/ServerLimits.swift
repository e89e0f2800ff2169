// What one server bounds; made from the settings, then only read.

/// Bounds of a server and of each of its connections.
package struct ServerLimits: Sendable, Equatable {
    /// The largest message taken, in bytes.
    package var messageBytes = 4 << 20
    /// The largest header block taken, in bytes as HTTP/2 counts them.
    package var headerBytes = Metadata.maxBytes
    /// Calls open at once on a connection.
    package var concurrentStreams: UInt32 = 1_000
    /// Connections open at once; one more is closed as soon as it is accepted.
    package var connections = 10_000
    /// Unsent bytes of a stream above which its writer is asked to wait.
    package var outboundBytes = 64 << 10
    /// Message bytes that a connection's streams may hold together before they are handled.
    package var heldBytes = 64 << 20
    /// Bytes of answers that a connection may leave unread before its next calls and the
    /// writers of its streams wait.
    package var unsentBytes = 16 << 20
    /// Calls that a peer may reset a second, and ten times as many at once.
    package var resetsPerSecond = 1_000
    /// Errors of streams that a peer may provoke a second, and ten times as many at once.
    package var streamErrorsPerSecond = 100
    /// Frames that carry no request that a peer may send a second, beside those that what it
    /// is sent entitles it to, and ten times as many at once. PING and SETTINGS count as ten.
    package var controlFramesPerSecond = 10_000
    /// Unary replies above this many bytes are packed for callers that accept gzip; nil: only
    /// those whose handler asks for it.
    package var compressRepliesAboveBytes: Int?
    /// Bytes that a connection may have unpacked and packed before the others have a turn.
    package var codedBytes = 4 << 20
    /// How long what is written may take to leave once a connection is over.
    package var lingering: Duration = .seconds(10)
    /// How long a peer may take to answer the ping that precedes the final GOAWAY.
    package var drainPing: Duration = .seconds(20)
    /// What a peer has for its preface and settings, and then for acknowledging ours.
    package var handshakeTimeout: Duration = .seconds(10)
    /// How long a connection, or a call of one, may stand still while its peer has to read or
    /// to send.
    package var stallTimeout: Duration = .seconds(60)
    /// Silence of a peer after which it is asked whether it is still there.
    package var keepaliveTime: Duration = .seconds(7_200)
    /// How long it may take to say so.
    package var keepaliveTimeout: Duration = .seconds(20)
    /// The least time between a client's pings while nothing is sent to it.
    package var keepaliveMinPingInterval: Duration = .seconds(300)
    /// How old a connection becomes, give or take a tenth; nil: as old as its client likes.
    package var connectionMaxAge: Duration?
    /// What the calls of an old connection get to finish; nil: what they need.
    package var connectionMaxAgeGrace: Duration?
    /// How long a connection may be without a call; nil: as long as its client likes.
    package var connectionMaxIdle: Duration?

    /// The defaults.
    package init() {}
}
