// Why a connection could not be made and what to do about it, in a few words; pure functions.

enum ConnectProblem {
    private static let notGRPC = "it took the connection and did not answer as a gRPC server"

    /// What the errors of the socket layer say somewhere in their text, and what it means.
    private static let known: [(sign: String, meaning: String)] = [
        ("onnection refused", "connection refused"),
        ("onnection reset", "connection reset"),
        ("o route to host", "no route to host"),
        ("etwork is unreachable", "the network is unreachable"),
        ("connection was lost", notGRPC),
        ("connection was closed", notGRPC),
    ]

    /// What helps where the server is there: the first sign that stands in the text.
    private static let remedies: [(sign: String, advice: String)] = [
        ("hostname mismatch", "name the server as its certificate does, with --tls-server-name"),
        ("has expired", "renew the certificate"),
        ("certificate is refused", "name the authority that signed it with --tls-ca"),
        ("does not speak TLS", "leave out the options of TLS"),
        ("none was shown", "show yours with --tls-certificate and --tls-key"),
        ("certificate shown to it", "show another one with --tls-certificate and --tls-key"),
        ("connection was lost", "if it speaks TLS, give --tls-ca or --tls"),
        ("connection was closed", "if it speaks TLS, give --tls-ca or --tls"),
    ]

    /// A short reason from a long message; the message itself, without the server's name that
    /// `servers` says already, where it is none of the known ones.
    static func sentence(_ message: String, servers: String) -> String {
        if let known = known.first(where: { message.contains($0.sign) }) { return known.meaning }
        let repeated = "no server at \(servers): "
        return message.hasPrefix(repeated) ? String(message.dropFirst(repeated.count)) : message
    }

    /// What to do about it.
    static func advice(_ message: String) -> String {
        remedies.first { message.contains($0.sign) }?.advice
            ?? "is the server running? start it with `make run`, or name another one with --server"
    }
}
