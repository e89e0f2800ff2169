// Owns the counters of the compression of values; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.CompressionStats`: the compression of the values that this instance stored
/// (`compression_threshold`).
package struct CompressionStats: Equatable {
    /// Values that were stored compressed.
    package var compressed: UInt64 = 0
    /// Values above the threshold that were stored as they came: compressing them saved less
    /// than 12 %.
    package var leftPlain: UInt64 = 0
    /// Bytes of the compressed ones, before.
    package var bytesBefore: UInt64 = 0
    /// Bytes of the compressed ones, after.
    package var bytesAfter: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension CompressionStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__compression_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__CompressionStats>) {
        compressed = c.pointee.compressed
        leftPlain = c.pointee.left_plain
        bytesBefore = c.pointee.bytes_before
        bytesAfter = c.pointee.bytes_after
    }

    func fill(_ c: inout Cachemanager__V1__CompressionStats, in arena: MessageArena) {
        c.compressed = compressed
        c.left_plain = leftPlain
        c.bytes_before = bytesBefore
        c.bytes_after = bytesAfter
    }
}
