// Owns what a server's TLS is made from; a value, any thread.

/// Whether a server asks its clients for certificates.
package enum ClientCertificatePolicy: String, Sendable, Equatable, CaseIterable {
    /// They are not asked.
    case off
    /// They are asked; who shows none is let in without an identity, who shows a bad one is not.
    case optional
    /// Who shows none is not let in.
    case required
}

/// What a server's TLS is made from.
package struct TLSServerConfiguration: Sendable, Equatable {
    /// The file of the server's certificate and those between it and its authority, in PEM.
    package var certificateFile: String
    /// The file of the private key that belongs to it, in PEM, not encrypted.
    package var keyFile: String
    /// The file of the authorities that sign the clients' certificates, in PEM.
    package var clientCAFile: String?
    /// Whether clients are asked for certificates.
    package var clientCertificates: ClientCertificatePolicy
    /// The application protocols (ALPN) a client must choose from; empty: none is asked for.
    package var applicationProtocols: [String]
    /// How long a client may take from its connection to the end of the handshake.
    package var handshakeTimeout: Duration
    /// The highest version spoken.
    var highestVersion = TLSVersion.v13

    /// A configuration; without more than the two files it asks no client for a certificate.
    package init(
        certificateFile: String, keyFile: String, clientCAFile: String? = nil,
        clientCertificates: ClientCertificatePolicy = .off, applicationProtocols: [String] = ["h2"],
        handshakeTimeout: Duration = .seconds(10)
    ) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.clientCAFile = clientCAFile
        self.clientCertificates = clientCertificates
        self.applicationProtocols = applicationProtocols
        self.handshakeTimeout = handshakeTimeout
    }

    /// Every file that is read.
    var files: [String] {
        [certificateFile, keyFile] + (clientCAFile.map { [$0] } ?? [])
    }
}
