// Owns what can go wrong between this target and OpenSSL; a value, safe on every thread.

/// A failure of OpenSSL, in its own words.
package struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being done when it failed.
    package enum Code: String, Sendable, Equatable {
        /// The random generator had no bytes to give.
        case randomUnavailable
    }

    /// What was being done when it failed.
    package let code: Code
    /// OpenSSL's sentence, for a log line or an operator.
    package let message: String

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: What was being done.
    ///   - message: OpenSSL's sentence.
    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The code and the sentence on one line.
    package var description: String {
        "\(code.rawValue): \(message)"
    }
}
