// Owns the look at a file from outside, without reading it; values, any thread.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What tells one content of a file from the next: where it lies, when it changed, its size.
package struct FileStamp: Sendable, Equatable {
    /// The largest file that is read.
    static let maxBytes = 1 << 20

    private let device: UInt64
    private let inode: UInt64
    private let seconds: Int
    private let nanoseconds: Int
    private let sizeBytes: Int

    /// The stamp of the file at a path; nil when there is none. Links are followed.
    init?(path: String) {
        guard let status = Self.status(path) else { return nil }
        #if canImport(Darwin)
            let changed = status.st_mtimespec
        #else
            let changed = status.st_mtim
        #endif
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(status.st_ino)
        seconds = changed.tv_sec
        nanoseconds = changed.tv_nsec
        sizeBytes = Int(status.st_size)
    }

    /// Why the file at a path cannot be read; nil when it can.
    static func problem(path: String) -> String? {
        guard let status = status(path) else { return String(cString: strerror(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { return "it is not a file" }
        guard status.st_size <= maxBytes else { return "it is larger than 1 MiB" }
        guard access(path, R_OK) == 0 else { return String(cString: strerror(errno)) }
        return nil
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
