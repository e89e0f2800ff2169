// Owns what can go wrong between this target and OpenSSL; a value, safe on every thread.

/// A failure of TLS: what was being done, and a sentence for an operator.
package struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being done when it failed.
    package enum Code: String, Sendable, Equatable {
        /// The random generator had no bytes to give.
        case randomUnavailable
        /// The file of this side's own certificate cannot be used.
        case certificateFile
        /// The file of this side's private key cannot be used, or belongs to another certificate.
        case keyFile
        /// The file of the authorities that the peer is checked against cannot be used.
        case authorityFile
        /// The configuration contradicts itself, or names something OpenSSL does not have.
        case configuration
        /// The handshake failed; the connection never came to be.
        case handshake
        /// The peer took longer for the handshake than it may.
        case handshakeTimeout
        /// The peer broke the protocol, or sent an alert, after the handshake.
        case protocolViolation
        /// The bytes ended without the peer's close_notify: what came may have been cut short.
        case truncated
        /// The connection is closed; nothing more can be written.
        case closed
    }

    /// What was being done when it failed.
    package let code: Code
    /// What is wrong and, where somebody can do something, what to do.
    package let message: String

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: What was being done.
    ///   - message: A sentence for an operator.
    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    init(_ code: Code, _ message: String) {
        self.init(code: code, message: message)
    }

    /// The code and the sentence on one line.
    package var description: String {
        "\(code.rawValue): \(message)"
    }
}
