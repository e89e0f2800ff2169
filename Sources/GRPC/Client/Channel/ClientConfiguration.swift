// What a client channel is made of; values.

package import TLS

/// Where servers are: a name or address, and a port.
package struct ClientTarget: Sendable, Hashable {
    /// A host name, or an IPv4 or IPv6 address without brackets.
    package var host: String
    /// The TCP port.
    package var port: Int

    /// A target.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// As it stands in an authority: an IPv6 address has brackets.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// How a channel reaches its servers.
package struct ClientConfiguration: Sendable {
    /// Where the servers are; each target may resolve to several addresses.
    package var targets: [ClientTarget]
    /// The name for `:authority` and the certificate, where it is not the target's host.
    package var serverName: String?
    /// How long one attempt to connect may take, the server's greeting included.
    package var connectTimeout: Duration = .seconds(20)
    /// The waits between attempts.
    package var backoff = BackoffPolicy()
    /// The pings that find a dead connection; nil: none.
    package var keepalive: KeepalivePolicy?
    /// The largest message taken from a server, in bytes.
    package var messageBytes = ClientConnection.messageBytes

    /// What TLS is spoken with; nil: none is spoken.
    package var tls: TLSClientContext?

    /// The defaults for these targets.
    package init(targets: [ClientTarget]) { self.targets = targets }
}
