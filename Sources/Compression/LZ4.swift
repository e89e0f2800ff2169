// Packs and unpacks bytes as blocks of LZ4 (lz4_Block_format.md); pure functions, any thread.

import CLZ4

/// LZ4's block format: fast both ways, and nothing in it says how large the content is.
package enum LZ4 {
    /// The most bytes that can be packed at once.
    package static let maxInputBytes = Int(LZ4_MAX_INPUT_SIZE)
    /// The most bytes that one byte of a block stands for.
    package static let maxExpansion = 255

    /// Packs `source` into `target`. What cannot be packed is given up early: it costs little.
    ///
    /// - Returns: The size of the block in bytes; nil: it would not fit.
    package static func compress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        precondition(source.count <= maxInputBytes, "LZ4 takes at most \(maxInputBytes) bytes")
        let count = LZ4_compress_default(
            source.baseAddress?.assumingMemoryBound(to: CChar.self),
            target.baseAddress?.assumingMemoryBound(to: CChar.self),
            CInt(source.count), CInt(clamping: target.count))
        // 0 is its only failure, and no room its only reason.
        return count > 0 ? Int(count) : nil
    }

    /// Unpacks a block, which fills `target` exactly; nothing is written beyond it.
    ///
    /// - Throws: `corrupt` where the bytes are no block of that size.
    package static func decompress(
        _ block: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        guard !block.isEmpty, let size = CInt(exactly: block.count),
            let room = CInt(exactly: target.count)
        else { throw .corrupt }
        let count = LZ4_decompress_safe(
            block.baseAddress?.assumingMemoryBound(to: CChar.self),
            target.baseAddress?.assumingMemoryBound(to: CChar.self), size, room)
        // Negative for whatever is wrong with the bytes, also when they say more than fits.
        guard count == room else { throw .corrupt }
    }
}
