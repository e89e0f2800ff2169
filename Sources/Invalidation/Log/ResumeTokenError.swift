// Why bytes are no resume token; a plain value, any thread.

/// Why bytes are no resume token.
package struct ResumeTokenError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with the bytes.
    package enum Reason: Sendable {
        /// They are no token: cut, changed, or something else altogether.
        case malformed
        /// They are of a format that this release does not know.
        case unknownVersion
    }

    /// What is wrong with the bytes.
    package let reason: Reason

    /// What is wrong with the token, without its bytes.
    package var description: String {
        switch reason {
        case .malformed: "the resume token is damaged; send the bytes as they came, or none"
        case .unknownVersion: "the resume token is of another format; subscribe without one"
        }
    }
}
