// The one error type of this target: a code, a sentence, and details for programs.

/// How a call ended. Thrown by handlers and by the client half.
package struct GRPCStatus: Error, Sendable, Equatable {
    /// The code.
    package var code: StatusCode
    /// What is wrong and what to do about it; never a value, a token or a password.
    package var message: String
    /// An encoded `google.rpc.Status` for `grpc-status-details-bin`; empty for none.
    package var details: [UInt8]

    /// A status; `details` is an encoded `google.rpc.Status` of the same code and message.
    package init(_ code: StatusCode, _ message: String = "", details: [UInt8] = []) {
        self.code = code
        self.message = message
        self.details = details
    }

    /// The call did what it was asked.
    package static let ok = GRPCStatus(.ok)
}

extension GRPCStatus: CustomStringConvertible {
    /// The code and the sentence.
    package var description: String {
        message.isEmpty ? code.name : "\(code.name): \(message)"
    }
}
