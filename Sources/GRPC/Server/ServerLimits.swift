// What one server bounds; made from the settings, then only read.

/// Bounds of a server and of each of its connections.
package struct ServerLimits: Sendable {
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
    /// Bytes of answers that a connection may leave unread before its next calls wait.
    package var unsentBytes = 16 << 20
    /// How long what is written may take to leave once a connection is over.
    package var lingering: Duration = .seconds(10)
    /// How long a peer may take to answer the ping that precedes the final GOAWAY.
    package var drainPing: Duration = .seconds(20)

    /// The defaults.
    package init() {}
}
