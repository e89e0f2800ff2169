// Where `set` takes a value from: an argument, a file or standard input; used once.

import Console
import Foundation

/// The bytes to store, read only when they are needed.
enum ValueSource: Equatable, Sendable {
    case argument(String)
    case file(String)
    case standardInput

    /// The most that is read from a file or standard input.
    static let maxBytes = 64 << 20
    private static let chunkBytes = 1 << 20

    /// Whether standard input is a terminal, where nobody expects to be read from.
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Reads everything. Throws a file failure when it cannot be read or is too large.
    func read() throws(CommandFailure) -> [UInt8] {
        switch self {
        case .argument(let text): return Array(text.utf8)
        case .standardInput: return try Self.read(STDIN_FILENO, path: "standard input")
        case .file(let path):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw .file(path, ErrnoText.of(errno)) }
            defer { close(descriptor) }
            return try Self.read(descriptor, path: path)
        }
    }

    private static func read(_ descriptor: Int32, path: String) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkBytes)
        while true {
            let length = chunk.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress, $0.count)
            }
            if length < 0, errno == EINTR { continue }
            if length < 0 { throw .file(path, ErrnoText.of(errno)) }
            if length == 0 { return bytes }
            if bytes.count + length > maxBytes {
                throw .file(path, "larger than 64 MiB, the most that is read")
            }
            bytes.append(contentsOf: chunk[..<length])
        }
    }
}
