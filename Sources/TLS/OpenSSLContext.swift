// Owns one `SSL_CTX *`, which many connections share; set up on one thread, then only read.

import COpenSSL

/// The versions of TLS that are spoken here.
enum TLSVersion: Int32, Sendable {
    case v12 = 0x0303
    case v13 = 0x0304
}

/// What the connections of one configuration have in common.
// OpenSSL counts the references of an SSL_CTX with atomics and locks what changes in it; all that
// is set here is set before anybody else sees it.
final class OpenSSLContext: @unchecked Sendable {
    /// For TLS 1.2: forward secrecy and authenticated encryption, nothing else.
    private static let ciphers = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ].joined(separator: ":")
    /// For TLS 1.3.
    private static let suites =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    /// The longest name of an application protocol (RFC 7301).
    private static let maxProtocolBytes = 255

    let pointer: OpaquePointer
    /// The application protocols, each behind its length, where callbacks find them.
    private let protocols: UnsafeMutableBufferPointer<UInt8>
    /// Whether the peer has to agree on an application protocol.
    var requiresProtocol: Bool { !protocols.isEmpty }

    init(
        method: OpaquePointer?, applicationProtocols: [String], highest: TLSVersion
    ) throws(TLSError) {
        guard
            applicationProtocols.allSatisfy({ (1...Self.maxProtocolBytes).contains($0.utf8.count) })
        else {
            throw TLSError(.configuration, "an application protocol has 1 to 255 bytes")
        }
        let wire = applicationProtocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        OpenSSLErrorQueue.clear()
        guard let pointer = SSL_CTX_new(method) else {
            throw TLSError(.configuration, OpenSSLErrorQueue.takeSentence())
        }
        self.pointer = pointer
        protocols = .allocate(capacity: wire.count)
        _ = protocols.initialize(from: wire)
        openssl_harden(pointer)
        guard openssl_set_versions(pointer, TLSVersion.v12.rawValue, highest.rawValue) == 1,
            SSL_CTX_set_cipher_list(pointer, Self.ciphers) == 1,
            SSL_CTX_set_ciphersuites(pointer, Self.suites) == 1
        else {
            throw TLSError(
                .configuration,
                "OpenSSL refuses the versions or ciphers: \(OpenSSLErrorQueue.takeSentence())")
        }
    }

    deinit {
        SSL_CTX_free(pointer)
        protocols.deallocate()
    }

    // MARK: - Files

    /// Loads this side's own certificate, with those that follow it in the file, and its key.
    func loadIdentity(certificateFile: String, keyFile: String) throws(TLSError) {
        try Self.check(certificateFile, .certificateFile, "the certificate")
        try Self.check(keyFile, .keyFile, "the private key")
        OpenSSLErrorQueue.clear()
        guard SSL_CTX_use_certificate_chain_file(pointer, certificateFile) == 1 else {
            throw TLSError(
                .certificateFile,
                "no certificate can be read from \(certificateFile): it must hold it in PEM, "
                    + "the server's own first (\(Self.reason()))")
        }
        OpenSSLErrorQueue.clear()
        var isEncrypted = false
        let isLoaded = loadKey(keyFile, isEncrypted: &isEncrypted)
        guard isLoaded && SSL_CTX_check_private_key(pointer) == 1 else {
            let sentence =
                isEncrypted
                ? "the private key in \(keyFile) is encrypted: give one without a passphrase"
                : Self.keySentence(certificateFile, keyFile)
            throw TLSError(.keyFile, sentence)
        }
    }

    /// Without a callback of our own OpenSSL would ask for the passphrase on the terminal.
    private func loadKey(_ file: String, isEncrypted: inout Bool) -> Bool {
        withUnsafeMutablePointer(to: &isEncrypted) { asked in
            SSL_CTX_set_default_passwd_cb_userdata(pointer, asked)
            SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, asked in
                asked?.assumingMemoryBound(to: Bool.self).pointee = true
                return -1
            }
            defer { SSL_CTX_set_default_passwd_cb_userdata(pointer, nil) }
            return SSL_CTX_use_PrivateKey_file(pointer, file, SSL_FILETYPE_PEM) == 1
        }
    }

    private static func keySentence(_ certificateFile: String, _ keyFile: String) -> String {
        let failure = OpenSSLErrorQueue.take()
        switch (failure?.library, failure?.reason) {
        case (ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH), (ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH),
            (ERR_LIB_SSL, _):
            return "the private key in \(keyFile) does not belong to the certificate in "
                + "\(certificateFile): give the two that were made together"
        default:
            return "no private key can be read from \(keyFile): it must hold one in PEM, "
                + "not encrypted (\(failure?.words ?? "OpenSSL gave no reason"))"
        }
    }

    /// Loads the authorities that the peer's certificate is checked against.
    func loadAuthorities(_ file: String) throws(TLSError) {
        try Self.check(file, .authorityFile, "the authorities' certificates")
        OpenSSLErrorQueue.clear()
        guard SSL_CTX_load_verify_file(pointer, file) == 1 else {
            throw TLSError(
                .authorityFile,
                "no certificate of an authority can be read from \(file): it must hold them in "
                    + "PEM (\(Self.reason()))")
        }
    }

    private static func check(
        _ file: String, _ code: TLSError.Code, _ what: String
    ) throws(TLSError) {
        guard let problem = FileStamp.problem(path: file) else { return }
        throw TLSError(code, "\(what) cannot be read from \(file): \(problem)")
    }

    static func reason() -> String {
        OpenSSLErrorQueue.take()?.words ?? "OpenSSL gave no reason"
    }

    // MARK: - Application protocols

    /// The client's side: what it offers.
    func offerProtocols() throws(TLSError) {
        guard requiresProtocol else { return }
        // Zero is success, for this one function.
        guard SSL_CTX_set_alpn_protos(pointer, protocols.baseAddress, UInt32(protocols.count)) == 0
        else { throw TLSError(.configuration, "the application protocols cannot be offered") }
    }

    /// The server's side: it takes the first of its own that is offered, and otherwise ends the
    /// handshake with `no_application_protocol` (RFC 7301 section 3.2).
    func requireProtocols() {
        guard requiresProtocol else { return }
        let this = Unmanaged.passUnretained(self).toOpaque()
        SSL_CTX_set_alpn_select_cb(
            pointer,
            { _, chosen, chosenCount, offered, offeredCount, argument in
                guard let argument, let chosen, let chosenCount else {
                    return SSL_TLSEXT_ERR_ALERT_FATAL
                }
                let context = Unmanaged<OpenSSLContext>.fromOpaque(argument).takeUnretainedValue()
                var found: UnsafeMutablePointer<UInt8>?
                let result = SSL_select_next_proto(
                    &found, chosenCount, context.protocols.baseAddress,
                    UInt32(context.protocols.count), offered, offeredCount)
                guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                chosen.pointee = UnsafePointer(found)
                return SSL_TLSEXT_ERR_OK
            }, this)
        // Who offers nothing at all is not asked by the callback above.
        SSL_CTX_set_client_hello_cb(
            pointer,
            { ssl, alert, _ in
                let alpn = UInt32(TLSEXT_TYPE_application_layer_protocol_negotiation)
                if SSL_client_hello_get0_ext(ssl, alpn, nil, nil) == 1 {
                    return SSL_CLIENT_HELLO_SUCCESS
                }
                alert?.pointee = SSL_AD_NO_APPLICATION_PROTOCOL
                return SSL_CLIENT_HELLO_ERROR
            }, nil)
    }
}
