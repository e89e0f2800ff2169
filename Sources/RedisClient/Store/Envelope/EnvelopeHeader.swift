// The head of a stored entry and where its parts lie; pure functions, any thread.

import CacheEngine
import NIOCore

/// The fixed part of an envelope, 56 bytes, little endian:
///
///     0 magic "CM"   2 format   3 flags   4 length of content type (2)   6 tags   7 metadata
///     8 revision (8)   16 created (8)   24 expires (8)   32 soft expiry (8)
///     40 bytes of tags (4)   44 bytes of metadata (4)   48 bytes of payload (4)   52 zero (4)
///
/// Then content type, tags (each with its length, 2), metadata (name with its length, 2; value
/// with its length, 4), payload. Times are milliseconds since 1970; an expiry of 0 is none.
/// Scripts put the revision in and rewrite 8 to 39, which is why those come together.
struct EnvelopeHeader: Hashable, Sendable {
    static let byteCount = 56
    static let magic: [UInt8] = [UInt8(ascii: "C"), UInt8(ascii: "M")]
    static let format: UInt8 = 1
    /// Revisions stay exact in Lua, whose numbers are doubles.
    static let maxRevision: UInt64 = 1 << 53 - 1
    static let revisionOffset = 8
    static let revisionCount = 8

    var flags = EnvelopeFlags()
    var revision: UInt64 = 0
    var createdMilliseconds: UInt64 = 0
    var expiresMilliseconds: UInt64 = 0
    var softExpiresMilliseconds: UInt64 = 0
    var contentTypeCount = 0
    var tagCount = 0
    var metadataCount = 0
    var tagsByteCount = 0
    var metadataByteCount = 0
    var payloadCount = 0

    /// The size of the whole envelope.
    var totalByteCount: Int {
        Self.byteCount + contentTypeCount + tagsByteCount + metadataByteCount + payloadCount
    }

    var tagsOffset: Int { Self.byteCount + contentTypeCount }
    var metadataOffset: Int { tagsOffset + tagsByteCount }
    var payloadOffset: Int { metadataOffset + metadataByteCount }
}

extension EnvelopeHeader {
    /// Reads the fixed part alone; what follows is not looked at.
    ///
    /// - Throws: What is off.
    init(fixedPartOf bytes: UnsafeRawBufferPointer) throws(EnvelopeFault) {
        guard bytes.count >= Self.byteCount else { throw .size }
        guard bytes[0] == Self.magic[0], bytes[1] == Self.magic[1] else { throw .magic }
        guard bytes[2] == Self.format else { throw .format }
        flags = try EnvelopeFlags(stored: bytes[3])
        contentTypeCount = Int(Self.number(bytes, at: 4, as: UInt16.self))
        tagCount = Int(bytes[6])
        metadataCount = Int(bytes[7])
        revision = Self.number(bytes, at: Self.revisionOffset)
        guard (1...Self.maxRevision).contains(revision) else { throw .revision }
        createdMilliseconds = Self.number(bytes, at: 16)
        expiresMilliseconds = Self.number(bytes, at: 24)
        softExpiresMilliseconds = Self.number(bytes, at: 32)
        tagsByteCount = Int(Self.number(bytes, at: 40, as: UInt32.self))
        metadataByteCount = Int(Self.number(bytes, at: 44, as: UInt32.self))
        payloadCount = Int(Self.number(bytes, at: 48, as: UInt32.self))
        guard Self.number(bytes, at: 52, as: UInt32.self) == 0 else { throw .reserved }
    }

    /// Reads a whole envelope and checks every length in it. Allocates nothing.
    ///
    /// - Throws: What is off.
    init(_ bytes: UnsafeRawBufferPointer) throws(EnvelopeFault) {
        try self.init(fixedPartOf: bytes)
        guard totalByteCount == bytes.count else { throw .lengths }
        let tags = UnsafeRawBufferPointer(rebasing: bytes[tagsOffset..<metadataOffset])
        guard Self.isFilled(tags, count: tagCount, widths: (2, 2)) else { throw .tags }
        let metadata = UnsafeRawBufferPointer(rebasing: bytes[metadataOffset..<payloadOffset])
        guard Self.isFilled(metadata, count: 2 * metadataCount, widths: (2, 4)) else {
            throw .metadata
        }
    }

    /// Reads a whole envelope out of a buffer.
    ///
    /// - Throws: What is off.
    init(of bytes: ByteBuffer) throws(EnvelopeFault) {
        let header = bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(EnvelopeFault) in try Self(bytes) }
        }
        self = try header.get()
    }

    /// Reads the fixed part out of a buffer.
    ///
    /// - Throws: What is off.
    init(fixedPartOf bytes: ByteBuffer) throws(EnvelopeFault) {
        let header = bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(EnvelopeFault) in try Self(fixedPartOf: bytes) }
        }
        self = try header.get()
    }

    /// The parts of an envelope that `init(_:)` has read.
    func contents(of bytes: UnsafeRawBufferPointer) -> StoredEntry.Contents {
        precondition(bytes.count == totalByteCount, "the envelope that was checked")
        var tags: [UnsafeRawBufferPointer] = []
        var metadata: [EntryDraft.MetadataPair] = []
        if tagCount > 0 {
            tags.reserveCapacity(tagCount)
            var reader = AnnotationReader(bytes, from: tagsOffset, to: metadataOffset)
            while let tag = reader.next(width: 2) { tags.append(tag) }
        }
        if metadataCount > 0 {
            metadata.reserveCapacity(metadataCount)
            var reader = AnnotationReader(bytes, from: metadataOffset, to: payloadOffset)
            while let name = reader.next(width: 2), let value = reader.next(width: 4) {
                metadata.append((name, value))
            }
        }
        return StoredEntry.Contents(
            value: UnsafeRawBufferPointer(rebasing: bytes[payloadOffset...]),
            contentType: UnsafeRawBufferPointer(rebasing: bytes[Self.byteCount..<tagsOffset]),
            metadata: metadata, tags: tags)
    }

    /// Whether `count` runs with their lengths, of the two widths in turn, fill `bytes` exactly.
    private static func isFilled(
        _ bytes: UnsafeRawBufferPointer, count: Int, widths: (Int, Int)
    ) -> Bool {
        var reader = AnnotationReader(bytes, from: 0, to: bytes.count)
        for index in 0..<count {
            guard reader.next(width: index & 1 == 0 ? widths.0 : widths.1) != nil else {
                return false
            }
        }
        return reader.isAtEnd
    }

    /// A number in little endian; the caller has checked that it is there.
    static func number<Number: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, as type: Number.Type = Number.self
    ) -> Number {
        Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

/// Walks over runs of bytes with their lengths in front, within bounds.
struct AnnotationReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) {
        self.bytes = bytes
        offset = start
        self.end = end
    }

    var isAtEnd: Bool { offset == end }

    /// The next run, whose length takes `width` bytes, 2 or 4; nil when there is no whole one.
    mutating func next(width: Int) -> UnsafeRawBufferPointer? {
        guard end - offset >= width else { return nil }
        let count =
            width == 2
            ? Int(EnvelopeHeader.number(bytes, at: offset, as: UInt16.self))
            : Int(EnvelopeHeader.number(bytes, at: offset, as: UInt32.self))
        guard end - offset - width >= count else { return nil }
        defer { offset += width + count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset + width..<offset + width + count])
    }
}
