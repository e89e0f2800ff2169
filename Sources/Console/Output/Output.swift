// Standard output and standard error, unbuffered; any thread, one at a time.

import Foundation

/// What a command has to say, for people as text and for programs as JSON.
package protocol Answer: Encodable, Sendable {
    /// One or more lines, without the last newline.
    var text: String { get }
}

/// Where answers and remarks go, in the form that was asked for.
package struct Output: Sendable {
    /// The program's name, which begins each line for people on standard error.
    package let program: String
    /// Whether `--json` was given.
    package let isJSON: Bool

    /// The output of a program, in one of both forms.
    package init(of program: String, isJSON: Bool) {
        self.program = program
        self.isJSON = isJSON
    }

    /// Prints answers to standard output, all in one write. Throws when its reader is gone.
    package func show(_ answers: [some Answer]) throws(CommandFailure) {
        if answers.isEmpty { return }
        let lines = answers.map { isJSON ? JSONLine.text($0) : $0.text }
        try write(Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    /// Prints one answer.
    package func show(_ answer: some Answer) throws(CommandFailure) { try show([answer]) }

    /// Writes bytes to standard output as they are.
    package func write(_ bytes: [UInt8]) throws(CommandFailure) {
        let problem = FileOutput.write(bytes, to: STDOUT_FILENO)
        if problem == EPIPE { throw .outputClosed }
        if problem != 0 { throw .file("standard output", ErrnoText.of(problem)) }
    }

    /// Says one line on standard error; nobody to hear it is no reason to fail.
    package func say(_ line: String) {
        _ = FileOutput.write(Array((line + "\n").utf8), to: STDERR_FILENO)
    }

    /// Says what people want to know beside the answer; programs read the answer.
    package func remark(_ sentence: String) {
        if !isJSON { say("\(program): \(PlainText.line(sentence))") }
    }

    /// Says what went wrong on standard error, unless there is nothing to say.
    package func report(_ failure: CommandFailure) {
        guard !failure.message.isEmpty else { return }
        say(isJSON ? JSONLine.text(failure) : failure.text(of: program))
    }

    /// Whether standard output is a terminal.
    package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether standard error is a terminal.
    package static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
