// Why a connection could not be made, in a few words; pure functions.

enum ConnectProblem {
    /// What the errors of the socket layer say somewhere in their text, and what it means.
    private static let known: [(sign: String, meaning: String)] = [
        ("onnection refused", "connection refused"),
        ("onnection reset", "connection reset"),
        ("o route to host", "no route to host"),
        ("etwork is unreachable", "the network is unreachable"),
        ("connectTimeout", "no answer in time"),
        ("UnknownHost", "there is no such host"),
        ("connection was lost", "it took the connection and did not answer as a gRPC server"),
        ("connection was closed", "it took the connection and did not answer as a gRPC server"),
    ]

    /// A short reason from a long message; the message itself where it is none of the known ones.
    static func sentence(_ message: String) -> String {
        known.first { message.contains($0.sign) }?.meaning ?? message
    }
}
