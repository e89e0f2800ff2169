// The one error of a program: what is wrong, what to do, and the exit code; a value.

package import CacheManagerClient

/// Why a command could not do what it was asked.
package struct CommandFailure: Error, Equatable, Sendable {
    /// The exit code that it ends the program with.
    package var exit: ProgramExit
    /// A name for programs: a gRPC status code, `USAGE` or `FILE`.
    package var code: String
    /// What is wrong.
    package var message: String
    /// What to do about it, where the message does not say so.
    package var advice: String?
    /// The server's stable reason, where it gave one.
    package var reason: String?
    /// After how long the server thinks that trying again may help, where it said so.
    package var retryAfter: Duration?

    /// The reader of standard output went away: the program ends without a word.
    package static let outputClosed = CommandFailure(exit: .ok, code: "OUTPUT_CLOSED", message: "")

    /// A wrong command line; `command` is whose help says how it is right.
    package static func usage(_ message: String, command: String) -> CommandFailure {
        CommandFailure(
            exit: .usage, code: "USAGE", message: message, advice: "see '\(command) --help'")
    }

    /// A local file, standard input or standard output that cannot be used.
    package static func file(_ path: String, _ problem: String) -> CommandFailure {
        CommandFailure(exit: .usage, code: "FILE", message: "\(path): \(problem)")
    }

    /// A server that answers without what it was asked for, because it is too old.
    package static func tooOld(_ servers: String) -> CommandFailure {
        CommandFailure(
            exit: .refused, code: "UNIMPLEMENTED",
            message: "\(servers) is too old: it does not know what this command asks for")
    }

    /// A call that did not end well; `servers` is whom it was meant for.
    package static func call(_ servers: String, _ error: CacheError) -> CommandFailure {
        var failure = CommandFailure(
            exit: .refused, code: error.code.rawValue, message: error.message,
            reason: error.reason, retryAfter: error.retryAfter)
        switch error.code {
        case .unavailable where error.reason == sharedLevelReason:
            failure.message = "\(servers): \(error.message)"
            failure.advice = "\(again(error.retryAfter)); 'cachectl stats' shows its shards"
        case .unavailable where error.reason != nil:
            failure.exit = .unreachable
            failure.message = "\(servers) is not available: \(error.message)"
            failure.advice = again(error.retryAfter)
        case .unavailable:
            failure.exit = .unreachable
            let problem = ConnectProblem.sentence(error.message, servers: servers)
            failure.message = "cannot reach \(servers): \(problem)"
            failure.advice = ConnectProblem.advice(error.message)
        case .deadlineExceeded:
            failure.message = "\(servers) did not answer in time"
            failure.advice = "give it longer with --timeout"
        default: break
        }
        return failure
    }

    /// The server answers, but Redis behind it does not.
    private static let sharedLevelReason = "L2_UNAVAILABLE"

    private static func again(_ delay: Duration?) -> String {
        guard let delay, delay > .zero else { return "try again" }
        return "try again in \(Digits.span(delay))"
    }

    /// One line for people, behind the program's name.
    package func text(of program: String) -> String {
        let sentence = [message, advice].compactMap(\.self).joined(separator: "; ")
        return "\(program): \(PlainText.line(sentence))"
    }
}

extension CommandFailure: Encodable {
    private enum CodingKeys: String, CodingKey {
        case code, message = "error", advice, reason, retryAfter, exit = "exitCode"
    }

    /// As one object, with the names that scripts rely on.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(message, forKey: .message)
        try container.encode(exit.rawValue, forKey: .exit)
        try container.encodeIfPresent(advice, forKey: .advice)
        try container.encodeIfPresent(reason, forKey: .reason)
        try container.encodeIfPresent(retryAfter?.jsonText, forKey: .retryAfter)
    }
}
