// Whether a message came as its sender says; pure.

import GRPC

enum CompressionCheck {
    /// Throws INVALID_ARGUMENT where the message came otherwise; nil expects nothing.
    static func check(_ expected: Bool?, _ call: ServerCall) throws(GRPCStatus) {
        guard let expected, expected != call.isMessageCompressed else { return }
        let form = call.isMessageCompressed ? "compressed" : "plain"
        throw GRPCStatus(.invalidArgument, "expect_compressed: the message came \(form)")
    }
}
