// What a change looks like in the log and in its message; a value that borrows bytes for a call.

package import Invalidation
package import NIOCore

/// The body of an event, little endian: version 1, kind, kind of target (0 key, 1 pattern, 2 tag,
/// 3 everything; 5, 6, 7: the same for memories alone), the writer's length (1), the cause's length
/// (2); then writer, cause, target. For memories alone, the target has the number of the
/// announcement (8) before it, which is not 0.
///
/// The log has it as the field `b` of the id `<revision>-0`; the message has the epoch (8) and the
/// revision (8) before it.
package struct EventBody {
    /// The layout that this release writes.
    package static let version: UInt8 = 1
    /// What comes before the writer.
    package static let headByteCount = 6
    /// What is added to the kind of a target where the event is for memories alone.
    static let copyKind: UInt8 = 4

    private let target: InvalidationTarget
    private let kind: InvalidationKind
    private let writer: UnsafeRawBufferPointer
    private let cause: UnsafeRawBufferPointer
    private let copyOf: UInt64

    /// The body of a change.
    ///
    /// - Parameter copyOf: as in `InvalidationEvent`; 0 where the change is of one key.
    package init(
        _ target: InvalidationTarget, kind: InvalidationKind, writer: UnsafeRawBufferPointer,
        cause: UnsafeRawBufferPointer, copyOf: UInt64 = 0
    ) {
        precondition(writer.count <= Int(UInt8.max), "a writer has at most 255 bytes")
        precondition(cause.count <= Int(UInt16.max), "a cause has at most 65,535 bytes")
        self.target = target
        self.kind = kind
        self.writer = writer
        self.cause = cause
        self.copyOf = copyOf
        precondition(copyOf == 0 || key == nil, "a change of one key has no copies")
    }

    /// The partition that the change belongs to: the key's, or one chosen by what it names.
    package var partition: Int {
        switch target {
        case .key(let bytes), .tag(let bytes): Partitioning.partition(of: bytes)
        case .pattern(let glob): glob.pattern.withUnsafeBytes { Partitioning.partition(of: $0) }
        case .everything: Partitioning.partition(of: .init(start: nil, count: 0))
        }
    }

    /// The size.
    package var byteCount: Int {
        Self.headByteCount + writer.count + cause.count + (copyOf == 0 ? 0 : 8) + targetCount
    }

    /// Writes the body.
    package func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(Self.version)
        buffer.writeInteger(kind.rawValue)
        buffer.writeInteger(copyOf == 0 ? targetKind : targetKind + Self.copyKind)
        buffer.writeInteger(UInt8(writer.count))
        buffer.writeInteger(UInt16(cause.count), endianness: .little)
        buffer.writeBytes(writer)
        buffer.writeBytes(cause)
        if copyOf != 0 { buffer.writeInteger(copyOf, endianness: .little) }
        switch target {
        case .key(let bytes), .tag(let bytes): buffer.writeBytes(bytes)
        case .pattern(let glob): buffer.writeBytes(glob.pattern)
        case .everything: break
        }
    }

    var key: UnsafeRawBufferPointer? {
        if case .key(let key) = target { key } else { nil }
    }

    private var targetCount: Int {
        switch target {
        case .key(let bytes), .tag(let bytes): bytes.count
        case .pattern(let glob): glob.pattern.count
        case .everything: 0
        }
    }

    private var targetKind: UInt8 {
        switch target {
        case .key: 0
        case .pattern: 1
        case .tag: 2
        case .everything: 3
        }
    }
}
