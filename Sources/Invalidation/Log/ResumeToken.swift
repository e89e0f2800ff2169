// The bytes that a watcher keeps to continue later; pure functions, any thread.

/// The encoding of a `Position`.
///
/// Little endian: a version byte; the epoch; the smallest revision, both 8 bytes; then for each
/// 16 partitions, of which the token has as many as the log, a byte, how many bits b the largest
/// of their distances from the smallest needs, and the 16 distances in b bits each; at last the
/// low half of the XXH64 of all before. Blocks keep one busy partition from widening all others.
package enum ResumeToken {
    /// The longest token, in bytes: any longer one is refused unread.
    package static let maxBytes =
        headerBytes + Partitioning.maxGlobalCount / blockSize * (1 + blockSize * 8) + checksumBytes

    private static let version: UInt8 = 1
    private static let blockSize = 16
    private static let headerBytes = 1 + 8 + 8
    private static let checksumBytes = 4

    /// The token of a position.
    package static func encode(_ position: Position) -> [UInt8] {
        let base = position.revisions.min() ?? 0
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes.append(version)
        append(position.epoch, count: 8, to: &bytes)
        append(base, count: 8, to: &bytes)
        for start in stride(from: 0, to: position.revisions.count, by: blockSize) {
            let block = position.revisions[start..<start + blockSize]
            let width = 64 - block.reduce(0) { $0 | ($1 - base) }.leadingZeroBitCount
            bytes.append(UInt8(width))
            pack(block, base: base, width: width, into: &bytes)
        }
        append(checksum(bytes[...]), count: checksumBytes, to: &bytes)
        return bytes
    }

    /// The position of a token. Its epoch and its number of partitions may be others than the
    /// log's: that is no error here.
    ///
    /// - Throws: `ResumeTokenError` when the bytes are not what `encode` made.
    package static func decode(
        _ token: UnsafeRawBufferPointer
    ) throws(ResumeTokenError) -> Position {
        guard let first = token.first, token.count <= maxBytes else {
            throw ResumeTokenError(reason: .malformed)
        }
        guard first == version else { throw ResumeTokenError(reason: .unknownVersion) }
        var reader = Reader(bytes: token)
        guard token.count >= headerBytes + checksumBytes,
            reader.number(count: checksumBytes, at: token.count - checksumBytes)
                == checksum(token.dropLast(checksumBytes))
        else { throw ResumeTokenError(reason: .malformed) }
        reader.end = token.count - checksumBytes
        let epoch = reader.number(count: 8, at: 1)
        let base = reader.number(count: 8, at: 9)
        reader.next = headerBytes
        var revisions: [UInt64] = []
        revisions.reserveCapacity(Partitioning.count)
        while reader.next < reader.end {
            guard revisions.count < Partitioning.maxGlobalCount,
                reader.unpackBlock(of: blockSize, base: base, into: &revisions)
            else { throw ResumeTokenError(reason: .malformed) }
        }
        guard Partitioning.isGlobalCount(revisions.count) else {
            throw ResumeTokenError(reason: .malformed)
        }
        return Position(epoch: epoch, revisions: revisions)
    }

    private static func pack(
        _ block: ArraySlice<UInt64>, base: UInt64, width: Int, into bytes: inout [UInt8]
    ) {
        var pending: UInt64 = 0
        var pendingBits = 0
        for revision in block {
            var rest = revision - base
            var left = width
            while left > 0 {
                let taken = min(left, 8 - pendingBits)
                pending |= (rest & ((1 << UInt64(taken)) - 1)) << UInt64(pendingBits)
                rest >>= UInt64(taken)
                left -= taken
                pendingBits += taken
                if pendingBits == 8 {
                    bytes.append(UInt8(truncatingIfNeeded: pending))
                    (pending, pendingBits) = (0, 0)
                }
            }
        }
    }

    private static func append(_ value: UInt64, count: Int, to bytes: inout [UInt8]) {
        for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { XXHash64.hash($0) & 0xFFFF_FFFF }
    }

    private static func checksum(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 {
        XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes)) & 0xFFFF_FFFF
    }

    /// Walks over a token that is being decoded.
    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var next = 0
        var end = 0

        func number(count: Int, at offset: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
        }

        /// Reads a block's width and its revisions, before the end; false when it is none.
        mutating func unpackBlock(
            of count: Int, base: UInt64, into revisions: inout [UInt64]
        ) -> Bool {
            let width = Int(bytes[next])
            next += 1
            guard width <= 64, next + count * width / 8 <= end else { return false }
            for index in 0..<count {
                var delta: UInt64 = 0
                for bit in 0..<width {
                    let offset = index * width + bit
                    let isSet = bytes[next + offset / 8] >> UInt8(offset % 8) & 1
                    delta |= UInt64(isSet) << UInt64(bit)
                }
                let (revision, overflow) = base.addingReportingOverflow(delta)
                guard !overflow else { return false }
                revisions.append(revision)
            }
            next += count * width / 8
            return true
        }
    }
}
