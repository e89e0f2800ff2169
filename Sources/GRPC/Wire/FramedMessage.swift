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

    /// Frames a copy of bytes that are packed as `grpc-encoding` says.
    init(compressed message: UnsafeRawBufferPointer) {
        var storage = ByteBufferAllocator().buffer(capacity: Self.prefixBytes + message.count)
        storage.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.prefixBytes) {
            Self.writePrefix(length: message.count, isCompressed: true, to: $0)
            return Self.prefixBytes
        }
        storage.writeBytes(message)
        buffer = storage
    }

    /// Calls `body` with the message without its prefix.
    func withMessage<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        buffer.withUnsafeReadableBytes { all in
            body(UnsafeRawBufferPointer(rebasing: all[Self.prefixBytes...]))
        }
    }

    static func writePrefix(
        length: Int, isCompressed: Bool = false, to target: UnsafeMutableRawBufferPointer
    ) {
        target[0] = isCompressed ? 1 : 0
        target.storeBytes(of: UInt32(length).bigEndian, toByteOffset: 1, as: UInt32.self)
    }
}
