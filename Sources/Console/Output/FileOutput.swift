// Writes whole buffers to descriptors and files; any thread.

import Foundation

/// Unbuffered writing: what was written is out, so that nothing needs flushing at the end.
package enum FileOutput {
    /// Writes everything, and waits where the reader is slow. Answers the `errno` that stopped
    /// it; 0 when all is written.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = rest.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            if length < 0, errno == EINTR { continue }
            if length < 0, errno == EAGAIN {
                // Somebody made the pipe non-blocking: wait until it takes more.
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Foundation.poll(&poll, 1, -1)
                continue
            }
            if length < 0 { return errno }
            rest = rest.dropFirst(length)
        }
        return 0
    }

    /// Replaces a file's content. Throws a file failure with its path.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(CommandFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .file(path, ErrnoText.of(errno)) }
        defer { close(descriptor) }
        let problem = write(bytes, to: descriptor)
        if problem != 0 { throw .file(path, ErrnoText.of(problem)) }
    }
}
