// What went wrong, for people and for scripts.

import Testing

@testable import CacheManagerClient
@testable import Console

@Suite struct CommandFailureTests {
    private static let server = "127.0.0.1:50051"

    private func failure(
        _ code: CacheError.Code, _ message: String, reason: String? = nil
    ) -> CommandFailure {
        .call(Self.server, CacheError(code, message, reason: reason))
    }

    @Test("a server that nobody answers for is exit 3, with what to do about it")
    func unreachable() {
        let failure = failure(.unavailable, "x: Connection refused (errno: 111)")
        #expect(failure.exit == .unreachable)
        let text = failure.text(of: "cachectl")
        let expected = "cannot reach 127.0.0.1:50051: connection refused; is the server running?"
        #expect(text.hasPrefix("cachectl: \(expected)"))
        #expect(text.contains("make run"))
    }

    @Test("a server that is too old is named, and ends the program with exit 4")
    func tooOld() {
        let failure = CommandFailure.tooOld(Self.server)
        #expect(failure.exit == .refused && failure.code == "UNIMPLEMENTED")
        #expect(failure.text(of: "cachectl").hasPrefix("cachectl: 127.0.0.1:50051 is too old: "))
    }

    @Test(
        "a server is named once, and a problem of TLS gets advice of its own",
        arguments: [
            ("there is no such host", "is the server running?"),
            ("the peer's certificate is refused: hostname mismatch", "--tls-server-name"),
            ("the peer's certificate is refused: certificate has expired", "renew"),
            ("the peer's certificate is refused: self-signed certificate", "--tls-ca"),
            ("the peer does not speak TLS", "leave out"),
            ("it requires a client certificate, and none was shown", "--tls-certificate"),
        ])
    func advice(problem: String, advice: String) {
        let failure = failure(.unavailable, "no server at \(Self.server): \(problem)")
        #expect(failure.message == "cannot reach \(Self.server): \(problem)")
        #expect(failure.advice?.contains(advice) == true)
        let plain = self.failure(.unavailable, "the connection was lost")
        #expect(plain.advice == "if it speaks TLS, give --tls-ca or --tls")
    }

    @Test("a refusal is exit 4 and carries the server's stable reason")
    func refused() {
        let failure = failure(
            .invalidArgument, "key: must not be empty", reason: "INVALID_KEY")
        #expect(failure.exit == .refused)
        let expected = #"""
            {"code":"INVALID_ARGUMENT","error":"key: must not be empty","exitCode":4,\#
            "reason":"INVALID_KEY"}
            """#
        #expect(JSONLine.text(failure) == expected)
    }

    @Test("a server that says it is unavailable is exit 3, a passed deadline exit 4")
    func otherCodes() {
        let draining = failure(.unavailable, "the server is draining", reason: "DRAINING")
        #expect(draining.exit == .unreachable)
        #expect(draining.message == "127.0.0.1:50051 is not available: the server is draining")
        let late = failure(.deadlineExceeded, "")
        #expect(late.exit == .refused)
        #expect(late.text(of: "cachectl").contains("--timeout"))
    }

    @Test("a shared level that is out of reach is exit 4, and says when to try again")
    func sharedLevel() {
        let error = CacheError(
            .unavailable, "the shared level cannot be reached", reason: "L2_UNAVAILABLE",
            retryAfter: .milliseconds(1_250))
        let failure = CommandFailure.call(Self.server, error)
        #expect(failure.exit == .refused)
        let expected = """
            x: 127.0.0.1:50051: the shared level cannot be reached; try again in 1.25 s; \
            'cachectl stats' shows its shards
            """
        #expect(failure.text(of: "x") == expected)
        let json = JSONLine.text(failure)
        #expect(json.contains(#""retryAfter":"1.250s""#))
        #expect(json.contains(#""reason":"L2_UNAVAILABLE""#))
    }

    @Test("control characters of others do not reach the terminal")
    func controls() {
        #expect(failure(.internal, "a\u{1B}[31m").text(of: "x") == "x: a\\u{1b}[31m")
    }
}
