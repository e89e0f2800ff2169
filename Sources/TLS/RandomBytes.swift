// Owns the process's random numbers, from OpenSSL's generator; usable on every thread.

import COpenSSL

/// Random bytes that nobody can guess, for epochs, tokens and identifiers.
package struct RandomBytes: Sendable {
    /// The most bytes one call gives.
    package static let maxCount = 65_536

    private let fill: @Sendable (UnsafeMutablePointer<UInt8>, Int32) -> Int32

    /// Uses OpenSSL's generator, which seeds itself from the operating system.
    package init() {
        self.init(fill: { RAND_bytes($0, $1) })
    }

    /// Uses `fill`, which answers 1 when it filled all the bytes, as `RAND_bytes` does.
    init(fill: @escaping @Sendable (UnsafeMutablePointer<UInt8>, Int32) -> Int32) {
        self.fill = fill
    }

    /// Gives `count` random bytes.
    ///
    /// - Parameter count: How many, from 0 to ``maxCount``.
    /// - Throws: `TLSError` with OpenSSL's sentence when the generator has none to give.
    package func bytes(_ count: Int) throws(TLSError) -> [UInt8] {
        precondition((0...Self.maxCount).contains(count), "at most \(Self.maxCount) bytes a call")
        var filled = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            filled = write(into: buffer)
            initialized = filled ? count : 0
        }
        guard filled else { throw Self.failure() }
        return bytes
    }

    /// Gives a random number, every bit of it random.
    ///
    /// - Throws: `TLSError` with OpenSSL's sentence when the generator has none to give.
    package func uint64() throws(TLSError) -> UInt64 {
        try bytes(MemoryLayout<UInt64>.size).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func write(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        guard let start = buffer.baseAddress, !buffer.isEmpty else { return true }
        OpenSSLErrorQueue.clear()
        return fill(start, Int32(buffer.count)) == 1
    }

    private static func failure() -> TLSError {
        TLSError(code: .randomUnavailable, message: OpenSSLErrorQueue.takeSentence())
    }
}
