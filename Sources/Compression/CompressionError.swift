// What may be wrong with compressed bytes; a value, any thread.

/// Why bytes are not one whole compressed value of an acceptable size.
package enum CompressionError: Error, Hashable, Sendable {
    /// There is less than a size and a block.
    case cutShort
    /// It says that it has more bytes than allowed, or than its block can stand for.
    case tooLarge
    /// The block is none, or not of the size that it says.
    case corrupt
}
