// Turns what OpenSSL reports during a connection into a sentence; pure, any thread.

import COpenSSL

enum FailureSentence {
    /// OpenSSL numbers a received alert as a reason from here on.
    private static let firstAlert = SSL_AD_REASON_OFFSET

    /// The sentence for a failed handshake or record.
    ///
    /// - Parameters:
    ///   - failure: What the error queue held; nil when it was empty.
    ///   - verification: Why the peer's certificate was refused, in words; nil: it was not.
    static func of(_ failure: OpenSSLFailure?, verification: String?) -> String {
        guard let failure else { return "OpenSSL gave no reason" }
        guard failure.library == ERR_LIB_SSL else { return failure.words }
        if failure.reason > firstAlert {
            return AlertTable.sentence(failure.reason - firstAlert)
        }
        return switch failure.reason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            "the peer's certificate is refused: \(verification ?? failure.words)"
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            "the peer showed no certificate, and one is required here"
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST,
            SSL_R_BAD_RECORD_TYPE:
            "the peer does not speak TLS"
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_UNKNOWN_PROTOCOL:
            "the peer offers no version from TLS 1.2 on"
        case SSL_R_NO_SHARED_CIPHER: "the two sides share no cipher"
        case SSL_R_NO_APPLICATION_PROTOCOL:
            "the peer offers none of the application protocols (ALPN) that are spoken here"
        case SSL_R_CALLBACK_FAILED:
            // There is one callback that fails: the one that insists on ALPN.
            "the peer offers no application protocol (ALPN), and one is required here"
        default: failure.words
        }
    }
}
