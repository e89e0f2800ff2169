// One message with its five-byte prefix, ready for DATA frames and shareable by many streams.

import NIOCore

/// A length-prefixed message: a flag byte, four bytes of length (big endian), the bytes.
package struct FramedMessage: Sendable {
    /// How many bytes precede a message.
    static let prefixBytes = 5

    let buffer: ByteBuffer

    /// How many bytes it takes on a stream.
    package var byteCount: Int { buffer.readableBytes }

    /// Frames what `encode` writes: it calls the function it is given once, with the exact
    /// size, and fills the memory it gets.
    package init(_ encode: ((Int) -> UnsafeMutableRawBufferPointer) -> Void) {
        var storage = ByteBuffer()
        encode { size in
            storage = ByteBufferAllocator().buffer(capacity: size + Self.prefixBytes)
            storage.writeWithUnsafeMutableBytes(minimumWritableBytes: size + Self.prefixBytes) {
                Self.writePrefix(length: size, to: $0)
                return size + Self.prefixBytes
            }
            return storage.withUnsafeMutableReadableBytes { all in
                // The memory is this buffer's own, and nothing else touches the buffer
                // before `encode` has returned.
                UnsafeMutableRawBufferPointer(rebasing: all[Self.prefixBytes...])
            }
        }
        buffer = storage
    }

    /// Frames a copy of these bytes.
    package init(_ message: some Collection<UInt8>) {
        self.init { reserve in
            reserve(message.count).copyBytes(from: message)
        }
    }

    static func writePrefix(length: Int, to target: UnsafeMutableRawBufferPointer) {
        target[0] = 0
        target.storeBytes(of: UInt32(length).bigEndian, toByteOffset: 1, as: UInt32.self)
    }
}
