// Standard output and standard error, unbuffered; any thread, one at a time.

import Foundation

/// What a command has to say, for people as text and for programs as JSON.
protocol Answer: Encodable, Sendable {
    /// One or more lines, without the last newline.
    var text: String { get }
}

/// Where answers and remarks go, in the form that was asked for.
struct Output: Sendable {
    /// Whether `--json` was given.
    let isJSON: Bool

    /// Prints answers to standard output, all in one write. Throws when its reader is gone.
    func show(_ answers: [some Answer]) throws(CommandFailure) {
        if answers.isEmpty { return }
        let lines = answers.map { isJSON ? JSONLine.text($0) : $0.text }
        try write(Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    /// Prints one answer.
    func show(_ answer: some Answer) throws(CommandFailure) { try show([answer]) }

    /// Writes bytes to standard output as they are.
    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        let problem = FileOutput.write(bytes, to: STDOUT_FILENO)
        if problem == EPIPE { throw .outputClosed }
        if problem != 0 { throw .file("standard output", ErrnoText.of(problem)) }
    }

    /// Says one line on standard error; nobody to hear it is no reason to fail.
    func say(_ line: String) {
        _ = FileOutput.write(Array((line + "\n").utf8), to: STDERR_FILENO)
    }

    /// Says what people want to know beside the answer; programs read the answer.
    func remark(_ sentence: String) {
        if !isJSON { say("cachectl: \(PlainText.line(sentence))") }
    }

    /// Whether standard output is a terminal.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}
