// Owns how a compressed value is laid out, and when compressing is worth it; pure, any thread.

/// A value as it is stored compressed: its own size in 4 bytes, little endian, then an LZ4 block.
/// The bytes are borrowed.
package struct CompressedValue {
    /// What compressing must save at least, in percent of the value.
    package static let leastSaving = 12
    private static let sizeBytes = 4

    /// The size of the value in bytes: at least 1.
    package let plainBytes: Int
    private let block: UnsafeRawBufferPointer

    /// Reads how large the value is; the block is not looked at.
    ///
    /// - Parameter limit: The most bytes that the value may have.
    /// - Throws: `CompressionError`, before anything is made room for.
    package init(_ stored: UnsafeRawBufferPointer, limit: Int) throws(CompressionError) {
        guard stored.count > Self.sizeBytes else { throw .cutShort }
        plainBytes = Int(UInt32(littleEndian: stored.loadUnaligned(as: UInt32.self)))
        block = UnsafeRawBufferPointer(rebasing: stored[Self.sizeBytes...])
        guard plainBytes > 0 else { throw .corrupt }
        guard plainBytes <= limit, plainBytes / LZ4.maxExpansion <= block.count else {
            throw .tooLarge
        }
    }

    /// Unpacks the value into `target`, which has room for exactly ``plainBytes``.
    ///
    /// - Throws: `CompressionError`; what lies in `target` then is no value.
    package func decompress(
        into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        precondition(target.count == plainBytes, "room for the value")
        try LZ4.decompress(block, into: target)
    }

    /// The most bytes that a value of `plainBytes` may take compressed.
    package static func mostBytes(of plainBytes: Int) -> Int {
        plainBytes - (plainBytes * leastSaving + 99) / 100
    }

    /// Compresses a value, where that saves enough.
    ///
    /// - Parameter target: ``mostBytes(of:)`` bytes.
    /// - Returns: How many bytes of `target` it takes; nil where it does not save enough.
    package static func compress(
        _ value: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        precondition(target.count == mostBytes(of: value.count), "the room says what is worth it")
        guard target.count > sizeBytes else { return nil }
        let room = UnsafeMutableRawBufferPointer(rebasing: target[sizeBytes...])
        guard let count = LZ4.compress(value, into: room) else { return nil }
        target.storeBytes(of: UInt32(value.count).littleEndian, as: UInt32.self)
        return sizeBytes + count
    }
}
