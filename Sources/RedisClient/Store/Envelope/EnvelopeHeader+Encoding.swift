// Writes envelopes straight into the buffer of a command; pure functions, any thread.

import CacheEngine
import NIOCore

extension EnvelopeHeader {
    /// The header of a write, without its revision.
    init(_ write: StoreWrite) {
        let draft = write.draft
        precondition(draft.contentType.count <= Int(UInt16.max), "a content type has a length")
        precondition(draft.tags.count <= Int(UInt8.max), "at most 255 tags")
        precondition(draft.metadata.count <= Int(UInt8.max), "at most 255 pairs of metadata")
        flags = EnvelopeFlags(
            compression: draft.isCompressed ? .lz4 : .none, isNegative: write.isNegative)
        createdMilliseconds = write.createdAt.milliseconds
        expiresMilliseconds = write.expiresAt.expiryMilliseconds
        softExpiresMilliseconds = write.softExpiresAt.expiryMilliseconds
        contentTypeCount = draft.contentType.count
        tagCount = draft.tags.count
        metadataCount = draft.metadata.count
        tagsByteCount = draft.tags.reduce(0) { $0 + 2 + $1.count }
        metadataByteCount = draft.metadata.reduce(0) { $0 + 6 + $1.name.count + $1.value.count }
        payloadCount = draft.value.count
    }

    /// Bytes 0 to 7: what comes before the revision.
    func writeHead(to buffer: inout ByteBuffer) {
        buffer.writeBytes(Self.magic)
        buffer.writeInteger(Self.format)
        buffer.writeInteger(flags.rawValue)
        buffer.writeInteger(UInt16(contentTypeCount), endianness: .little)
        buffer.writeInteger(UInt8(tagCount))
        buffer.writeInteger(UInt8(metadataCount))
    }

    /// Bytes 16 on: what comes behind the revision.
    func writeRest(_ draft: EntryDraft, to buffer: inout ByteBuffer) {
        buffer.writeInteger(createdMilliseconds, endianness: .little)
        buffer.writeInteger(expiresMilliseconds, endianness: .little)
        buffer.writeInteger(softExpiresMilliseconds, endianness: .little)
        buffer.writeInteger(UInt32(tagsByteCount), endianness: .little)
        buffer.writeInteger(UInt32(metadataByteCount), endianness: .little)
        buffer.writeInteger(UInt32(payloadCount), endianness: .little)
        buffer.writeInteger(UInt32(0), endianness: .little)
        buffer.writeBytes(draft.contentType)
        for tag in draft.tags {
            buffer.writeInteger(UInt16(tag.count), endianness: .little)
            buffer.writeBytes(tag)
        }
        for (name, value) in draft.metadata {
            buffer.writeInteger(UInt16(name.count), endianness: .little)
            buffer.writeBytes(name)
            buffer.writeInteger(UInt32(value.count), endianness: .little)
            buffer.writeBytes(value)
        }
        buffer.writeBytes(draft.value)
    }

    /// The size of what `writeRest` writes.
    var restByteCount: Int { totalByteCount - Self.revisionOffset - Self.revisionCount }

    /// A whole envelope.
    func write(_ draft: EntryDraft, to buffer: inout ByteBuffer) {
        writeHead(to: &buffer)
        buffer.writeInteger(revision, endianness: .little)
        writeRest(draft, to: &buffer)
    }
}
