// Reads off an established connection what it says of the other side; event loop only.

import COpenSSL

extension TLSConnection {
    /// The other side; call it once the handshake is done.
    func makePeer() -> TLSPeer {
        TLSPeer(
            protocolVersion: String(cString: SSL_get_version(ssl)),
            cipher: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) }
                ?? "unknown",
            applicationProtocol: applicationProtocol,
            serverName: SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
                .map { String(cString: $0) },
            isResumed: SSL_session_reused(ssl) == 1,
            identity: identity)
    }

    /// The application protocol agreed on; nil when none was.
    private var applicationProtocol: String? {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &start, &count)
        guard let start, count > 0 else { return nil }
        return String(
            decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    private var identity: PeerIdentity? {
        guard SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER != 0,
            SSL_get_verify_result(ssl) == Int(X509_V_OK),
            let pointer = SSL_get1_peer_certificate(ssl)
        else { return nil }
        return PeerIdentity(Certificate(owning: pointer))
    }
}
