// The flags of an envelope; a value, any thread.

/// What an envelope says of its payload: how it is compressed in the low four bits, and marks.
struct EnvelopeFlags: Hashable, Sendable {
    /// How a payload is compressed. A reader takes methods that it does not know for foreign.
    enum Compression: UInt8, Sendable {
        case none = 0
        /// The payload is a `CompressedValue`: its own size in 4 bytes, then an LZ4 block.
        case lz4 = 1
    }

    /// One mark each.
    enum Mark: UInt8, Sendable {
        /// The entry says that there is no value.
        case negative = 0x10
    }

    private static let compressionBits: UInt8 = 0x0F
    private static let knownMarks = Mark.negative.rawValue

    let rawValue: UInt8

    init(compression: Compression = .none, isNegative: Bool = false) {
        rawValue = compression.rawValue | (isNegative ? Mark.negative.rawValue : 0)
    }

    /// Flags as they were stored.
    ///
    /// - Throws: What is not known of them.
    init(stored: UInt8) throws(EnvelopeFault) {
        guard Compression(rawValue: stored & Self.compressionBits) != nil else {
            throw .compression
        }
        guard stored & ~Self.compressionBits & ~Self.knownMarks == 0 else { throw .flags }
        rawValue = stored
    }

    var compression: Compression {
        // The inits let nothing else in.
        Compression(rawValue: rawValue & Self.compressionBits) ?? .none
    }

    func contains(_ mark: Mark) -> Bool { rawValue & mark.rawValue != 0 }
}

/// What shows that stored bytes are no envelope of ours: the first part that is off.
enum EnvelopeFault: String, Error, Hashable, CaseIterable, Sendable {
    /// Shorter than the header.
    case size
    /// Another program's bytes.
    case magic
    /// A format that this release does not read.
    case format
    /// Flags that this release does not know.
    case flags
    /// A way of compression that this release does not know.
    case compression
    /// A revision that no script gives.
    case revision
    /// Bytes that must be zero.
    case reserved
    /// Lengths that do not add up to what is there.
    case lengths
    /// Tags that do not fill their room.
    case tags
    /// Metadata that does not fill its room.
    case metadata
    /// A compressed value that is corrupt, or larger than a stored entry may be.
    case block
    /// No string at all, but a list, a hash or another type of Redis.
    case type
}
