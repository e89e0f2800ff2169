// Owns what a client's TLS is made from; a value, any thread.

/// What a client's TLS is made from.
package struct TLSClientConfiguration: Sendable, Equatable {
    /// The file of the authorities that may sign the server's certificate, in PEM; nil: the
    /// system's.
    package var caFile: String?
    /// The file of the client's own certificate, in PEM; nil: it shows none.
    package var certificateFile: String?
    /// The file of the private key that belongs to it, in PEM, not encrypted.
    package var keyFile: String?
    /// Whether the server has to prove its name. Without it anybody in between can read along.
    package var verifiesServer: Bool
    /// The application protocols (ALPN) of which the server must choose one; empty: none is asked
    /// for.
    package var applicationProtocols: [String]
    /// How long the server may take from the connection to the end of the handshake.
    package var handshakeTimeout: Duration
    /// The highest version spoken.
    var highestVersion = TLSVersion.v13

    /// A configuration; by default it trusts whom the system trusts, and speaks HTTP/2.
    package init(
        caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
        verifiesServer: Bool = true, applicationProtocols: [String] = ["h2"],
        handshakeTimeout: Duration = .seconds(10)
    ) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.verifiesServer = verifiesServer
        self.applicationProtocols = applicationProtocols
        self.handshakeTimeout = handshakeTimeout
    }
}
