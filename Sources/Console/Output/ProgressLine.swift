// One line on the terminal that is written again and again; one task at a time.

import Foundation

/// A line on standard error that tells how far something is, and goes away at the end.
package struct ProgressLine: Sendable {
    private static let start = "\r\u{1B}[K"
    private static let leastColumns = 20

    /// A line, if somebody would see it: not for programs, and only on a terminal.
    package init?(_ output: Output) {
        guard !output.isJSON, Output.isErrorTerminal else { return nil }
    }

    /// Replaces what stands there.
    package func show(_ text: String) { write(Self.start + Self.cut(text, to: columns)) }

    /// Takes the line away.
    package func clear() { write(Self.start) }

    /// A text that leaves the last column free: a full line would begin another one.
    static func cut(_ text: String, to columns: Int) -> String {
        String(PlainText.line(text).prefix(max(leastColumns, columns) - 1))
    }

    private var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return Table.columns
        }
        return Int(size.ws_col)
    }

    /// Nobody to see it is no reason to fail.
    private func write(_ text: String) {
        _ = FileOutput.write(Array(text.utf8), to: STDERR_FILENO)
    }
}
