// Owns a pipe that a test gives to a log output, and what came out of it.

import Foundation

/// A pipe; what is written to ``descriptor`` comes out as lines.
final class LogPipe {
    private let pipe = Pipe()
    var descriptor: Int32 { pipe.fileHandleForWriting.fileDescriptor }

    /// Closes the writing end and reads what was written; once.
    func lines() throws -> [String] {
        try pipe.fileHandleForWriting.close()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
