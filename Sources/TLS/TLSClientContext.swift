// Owns what the connections of a client share: trust, its own certificate, sessions; any thread.

import COpenSSL

/// What the connections of a TLS client share.
package final class TLSClientContext: Sendable {
    /// The longest server name (RFC 1035).
    private static let maxNameBytes = 253

    private let configuration: TLSClientConfiguration
    private let context: OpenSSLContext
    let sessions = SessionCache()

    /// Loads the files.
    ///
    /// - Throws: `TLSError` with a sentence that names the file and says what to do.
    package init(_ configuration: TLSClientConfiguration) throws(TLSError) {
        self.configuration = configuration
        context = try OpenSSLContext(
            method: TLS_client_method(), applicationProtocols: configuration.applicationProtocols,
            highest: configuration.highestVersion)
        try context.offerProtocols()
        try loadTrust()
        switch (configuration.certificateFile, configuration.keyFile) {
        case (let certificate?, let key?):
            try context.loadIdentity(certificateFile: certificate, keyFile: key)
        case (nil, nil): break
        default:
            throw TLSError(
                .configuration,
                "a client certificate and its private key come together or not at all")
        }
        openssl_set_session_cache(
            context.pointer, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL)
        SSL_CTX_sess_set_new_cb(context.pointer) { ssl, session in
            SessionSlot.keep(session, of: ssl) ? 1 : 0
        }
    }

    /// Makes the handler of one new connection, which resumes a session if there is one.
    ///
    /// - Parameters:
    ///   - serverName: The name or IP address that the server's certificate must be for.
    ///   - pool: The memory of the connection's event loop.
    /// - Throws: `TLSError` when that cannot be the name of a server.
    package func makeHandler(
        serverName: String, pool: TLSBufferPool = TLSBufferPool()
    ) throws(TLSError) -> TLSHandler {
        let isName =
            (1...Self.maxNameBytes).contains(serverName.utf8.count)
            && serverName.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isName else {
            throw TLSError(.configuration, "not the name or address of a server")
        }
        let connection = TLSConnection(context, isServer: false, pool: pool)
        try Self.expect(serverName, connection.ssl)
        let slot = SessionSlot(cache: sessions, serverName: serverName)
        slot.resume(connection.ssl)
        connection.sessionSlot = slot
        return TLSHandler(connection: connection, timeout: configuration.handshakeTimeout)
    }

    private func loadTrust() throws(TLSError) {
        if let file = configuration.caFile {
            try context.loadAuthorities(file)
        } else if SSL_CTX_set_default_verify_paths(context.pointer) != 1 {
            throw TLSError(.authorityFile, "the system's authorities cannot be read")
        }
        SSL_CTX_set_verify(
            context.pointer, configuration.verifiesServer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
    }

    /// Has the certificate checked for this name, and tells the server which one is meant. An
    /// address is checked against the addresses in it and is not told (RFC 6066 section 3).
    private static func expect(_ serverName: String, _ ssl: OpaquePointer) throws(TLSError) {
        OpenSSLErrorQueue.clear()
        defer { OpenSSLErrorQueue.clear() }
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName) == 1 { return }
        SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard SSL_set1_host(ssl, serverName) == 1, openssl_set_server_name(ssl, serverName) == 1
        else { throw TLSError(.configuration, "not the name or address of a server") }
    }
}
