// Owns where log lines go and how severe they must be; usable on every thread.

import Foundation
import Locks
package import Logging
import Synchronization

/// One destination of log lines with one level for all loggers made from it.
package final class LogOutput: Sendable {
    private let format: LogFormat
    private let levelIndex: Atomic<Int>
    private let descriptor: Locked<Int32>
    private let now: @Sendable () -> Int64

    /// Creates an output.
    ///
    /// - Parameters:
    ///   - format: How a line is written.
    ///   - level: The least severe level that is written.
    ///   - descriptor: The file descriptor written to; it stays the caller's.
    package convenience init(
        format: LogFormat, level: Logger.Level, descriptor: Int32 = STDERR_FILENO
    ) {
        self.init(format: format, level: level, descriptor: descriptor, now: LogTimestamp.now)
    }

    init(
        format: LogFormat, level: Logger.Level, descriptor: Int32,
        now: @escaping @Sendable () -> Int64
    ) {
        self.format = format
        self.levelIndex = Atomic(Self.index(of: level))
        self.descriptor = Locked(descriptor)
        self.now = now
    }

    /// The least severe level that is written; a change is in force for all loggers at once.
    package var level: Logger.Level {
        get { Logger.Level.allCases[levelIndex.load(ordering: .relaxed)] }
        set { levelIndex.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    /// Makes a logger that writes here.
    ///
    /// - Parameter label: What part of the program it is for; written as `logger`.
    package func logger(label: String) -> Logger {
        Logger(label: label) { LineLogHandler(label: $0, output: self) }
    }

    /// Writes one line, whole: one system call unless the reader takes only a part of it.
    func write(
        _ level: Logger.Level, _ event: String,
        _ pairs: [(key: String, value: Logger.MetadataValue)]
    ) {
        let milliseconds = now()
        var line =
            switch format {
            case .text: LogLine.text(milliseconds, level, event, pairs)
            case .json: LogLine.json(milliseconds, level, event, pairs)
            }
        line.withUTF8 { bytes in
            descriptor.withLock { Self.writeAll(UnsafeRawBufferPointer(bytes), to: $0) }
        }
    }

    /// A line that cannot be written is lost: there is nowhere left to say so.
    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let written = Foundation.write(descriptor, part.baseAddress, part.count)
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                return
            }
        }
    }

    private static func index(of level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}
