// The one error of this program: what is wrong, what to do, and the exit code; a value.

import Foundation
import GRPC

/// Why a command could not do what it was asked.
struct CommandFailure: Error, Equatable, Sendable {
    /// The exit code that it ends the program with.
    var exit: ProgramExit
    /// A name for programs: a gRPC status code, `USAGE` or `FILE`.
    var code: String
    /// What is wrong.
    var message: String
    /// What to do about it, where the message does not say so.
    var advice: String?
    /// The server's stable reason, where it gave one.
    var reason: String?

    /// The reader of standard output went away: the program ends without a word.
    static let outputClosed = CommandFailure(exit: .ok, code: "OUTPUT_CLOSED", message: "")

    /// A wrong command line; `command` is whose help says how it is right.
    static func usage(_ message: String, command: String = "cachectl") -> CommandFailure {
        CommandFailure(
            exit: .usage, code: "USAGE", message: message, advice: "see '\(command) --help'")
    }

    /// A local file, standard input or standard output that cannot be used.
    static func file(_ path: String, _ problem: String) -> CommandFailure {
        CommandFailure(exit: .usage, code: "FILE", message: "\(path): \(problem)")
    }

    /// Nobody answered where the server should be.
    static func unreachable(_ server: ServerAddress, _ status: GRPCStatus) -> CommandFailure {
        CommandFailure(
            exit: .unreachable, code: status.code.name,
            message: "cannot reach \(server): \(ConnectProblem.sentence(status.message))",
            advice: "is the server running? start it with `make run`, or name another one "
                + "with --server")
    }

    /// A call that the server did not answer with OK.
    static func call(_ server: ServerAddress, _ status: GRPCStatus) -> CommandFailure {
        switch status.code {
        case .unavailable:
            CommandFailure(
                exit: .unreachable, code: status.code.name,
                message: "\(server) is not available: \(status.message)", advice: "try again",
                reason: ErrorReason.read(status))
        case .deadlineExceeded:
            CommandFailure(
                exit: .refused, code: status.code.name,
                message: "\(server) did not answer in time",
                advice: "give it longer with --timeout",
                reason: ErrorReason.read(status))
        default:
            CommandFailure(
                exit: .refused, code: status.code.name, message: status.message,
                reason: ErrorReason.read(status))
        }
    }

    /// One line for people.
    var text: String {
        let sentence = [message, advice].compactMap(\.self).joined(separator: "; ")
        return "cachectl: \(PlainText.line(sentence))"
    }

    /// Says it on standard error, unless there is nothing to say.
    func report(asJSON isJSON: Bool) {
        guard !message.isEmpty else { return }
        Output(isJSON: isJSON).say(isJSON ? JSONLine.text(self) : text)
    }
}

extension CommandFailure: Encodable {
    private enum CodingKeys: String, CodingKey {
        case code, message = "error", advice, reason, exit = "exitCode"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code, forKey: .code)
        try container.encode(message, forKey: .message)
        try container.encode(exit.rawValue, forKey: .exit)
        try container.encodeIfPresent(advice, forKey: .advice)
        try container.encodeIfPresent(reason, forKey: .reason)
    }
}
