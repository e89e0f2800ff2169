// What every connection to one address is made with; a value.

import TLS

/// How a connection introduces itself, and what it bounds.
struct ConnectionSetup: Sendable {
    /// The `:authority` of its calls.
    var authority: String
    /// The largest message taken from the server, in bytes.
    var messageBytes = ClientConnection.messageBytes
    /// Pings that find a dead connection; nil: none.
    var keepalive: KeepalivePolicy?

    /// What TLS is spoken with, and the name that the server must prove; nil: none is spoken.
    var tls: (context: TLSClientContext, serverName: String)?

    /// The `:scheme` of its calls.
    var scheme: String { tls == nil ? "http" : "https" }

    init(authority: String) { self.authority = authority }
}
