// Owns the certificate a server shows, and swaps it while the server runs; any thread.

import COpenSSL
import Locks

/// What the connections of a TLS server share.
package final class TLSServerContext: Sendable {
    /// What the server shows, for a line in the log.
    package struct Certificate: Sendable, Equatable {
        /// The subject as RFC 2253 writes it.
        package let subject: String
        /// The end of its validity, such as `2027-01-31T12:00:00Z`.
        package let expiry: String
        /// The SHA-256 of the certificate, in lowercase hexadecimal digits.
        package let fingerprint: String
    }

    private struct Loaded {
        var context: OpenSSLContext
        var certificate: Certificate
        /// The files as they were before the latest attempt to load them.
        var stamps: [FileStamp?]
    }

    /// Sessions are resumed only where they were made: in this program.
    private static let sessionScope = Array("cache-manager".utf8)

    private let configuration: TLSServerConfiguration
    private let loaded: Locked<Loaded>

    /// Loads the files.
    ///
    /// - Throws: `TLSError` with a sentence that names the file and says what to do.
    package init(_ configuration: TLSServerConfiguration) throws(TLSError) {
        self.configuration = configuration
        let stamps = configuration.files.map(FileStamp.init(path:))
        let context = try Self.makeContext(configuration)
        loaded = Locked(
            Loaded(context: context, certificate: Self.certificate(of: context), stamps: stamps))
    }

    /// The certificate that new connections are shown.
    package var certificate: Certificate { loaded.withLock { $0.certificate } }

    /// The files as they are now; compare them with those of an earlier look.
    package func currentStamps() -> [FileStamp?] {
        configuration.files.map(FileStamp.init(path:))
    }

    /// Whether the files are not those of the latest attempt to load them.
    package func filesChanged(since stamps: [FileStamp?]) -> Bool {
        loaded.withLock { $0.stamps != stamps }
    }

    /// Loads the files again for the connections to come; those that are open keep what they have,
    /// and sessions from before are not resumed.
    ///
    /// - Throws: `TLSError` when a file cannot be used: everything stays as it was.
    package func reload() throws(TLSError) {
        let stamps = currentStamps()
        // Before the files are read: what changes while they are is a change still to come.
        loaded.withLock { $0.stamps = stamps }
        let context = try Self.makeContext(configuration)
        let certificate = Self.certificate(of: context)
        loaded.withLock {
            $0.context = context
            $0.certificate = certificate
        }
    }

    /// Makes the handler of one new connection.
    ///
    /// - Parameter pool: The memory of the connection's event loop.
    package func makeHandler(pool: TLSBufferPool = TLSBufferPool()) -> TLSHandler {
        let context = loaded.withLock { $0.context }
        return TLSHandler(
            connection: TLSConnection(context, isServer: true, pool: pool),
            timeout: configuration.handshakeTimeout)
    }

    private static func makeContext(
        _ configuration: TLSServerConfiguration
    ) throws(TLSError) -> OpenSSLContext {
        let context = try OpenSSLContext(
            method: TLS_server_method(), applicationProtocols: configuration.applicationProtocols,
            highest: configuration.highestVersion)
        try context.loadIdentity(
            certificateFile: configuration.certificateFile, keyFile: configuration.keyFile)
        context.requireProtocols()
        openssl_accept_names(context.pointer)
        // Clients keep their sessions themselves (tickets): a cache here would only take memory.
        openssl_set_session_cache(context.pointer, SSL_SESS_CACHE_OFF)
        SSL_CTX_set_session_id_context(
            context.pointer, sessionScope, UInt32(sessionScope.count))
        guard configuration.clientCertificates != .off else { return context }
        guard let authorities = configuration.clientCAFile else {
            throw TLSError(
                .configuration, "client certificates are asked for, and no authority to check them")
        }
        try context.loadAuthorities(authorities)
        // Told to the clients, so that they choose a certificate that can be checked.
        SSL_CTX_set_client_CA_list(context.pointer, SSL_load_client_CA_file(authorities))
        let isRequired = configuration.clientCertificates == .required
        SSL_CTX_set_verify(
            context.pointer,
            SSL_VERIFY_PEER | (isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nil)
        return context
    }

    private static func certificate(of context: OpenSSLContext) -> Certificate {
        guard let pointer = SSL_CTX_get0_certificate(context.pointer), X509_up_ref(pointer) == 1
        else { return Certificate(subject: "unknown", expiry: "unknown", fingerprint: "") }
        let certificate = TLS.Certificate(owning: pointer)
        return Certificate(
            subject: certificate.subject, expiry: certificate.expiry,
            fingerprint: certificate.fingerprint)
    }
}
