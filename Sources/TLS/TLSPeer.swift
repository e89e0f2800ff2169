// What is known of the other side once the handshake is done; values, any thread.

/// The other side of an established TLS connection.
package struct TLSPeer: Sendable, Equatable {
    /// The version agreed on: `TLSv1.2` or `TLSv1.3`.
    package let protocolVersion: String
    /// The cipher agreed on, by OpenSSL's name.
    package let cipher: String
    /// The application protocol agreed on (ALPN); nil when none was.
    package let applicationProtocol: String?
    /// The server name that the client asked for (SNI); nil when it gave none.
    package let serverName: String?
    /// Whether an earlier session was resumed.
    package let isResumed: Bool
    /// Who the other side proved to be; nil when it showed no certificate or none was checked.
    package let identity: PeerIdentity?
}

/// Who a certificate, checked against the authorities, says that the other side is.
package struct PeerIdentity: Sendable, Equatable {
    /// The subject as RFC 2253 writes it, such as `CN=reader,O=Example`.
    package let subject: String
    /// The alternative names, each with its kind: `DNS:…`, `URI:…`, `email:…`, `IP:…`.
    package let names: [String]
    /// The SHA-256 of the certificate, in lowercase hexadecimal digits.
    package let fingerprint: String
}
