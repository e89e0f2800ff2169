// One entry as a server answered it; a value over the bytes that were read, any thread.

package import CacheEngine
import Compression
import NIOCore

/// An entry of the shared store. It keeps the bytes of the reply and where its parts lie in them:
/// nothing is copied. A compressed value is unpacked once, when the entry is read.
package struct StoredEntry: Sendable {
    /// The parts of an entry. The bytes are borrowed from the entry: they are there for as long
    /// as it is kept.
    package struct Contents {
        /// The value, as it was before anybody compressed it.
        package fileprivate(set) var value: UnsafeRawBufferPointer
        /// The value's media type; empty when unknown.
        package let contentType: UnsafeRawBufferPointer
        /// The metadata, in the order in which they were stored.
        package let metadata: [EntryDraft.MetadataPair]
        /// The tags, in the order in which they were stored.
        package let tags: [UnsafeRawBufferPointer]
    }

    let bytes: ByteBuffer
    let header: EnvelopeHeader
    /// The value, where `bytes` have it compressed.
    private let plainValue: ByteBuffer?

    /// Reads a whole envelope; checks every length in it, and its value if that is compressed.
    ///
    /// - Parameter limit: The most bytes that the entry may have with its value unpacked.
    /// - Throws: What is off.
    init(_ bytes: ByteBuffer, limit: Int) throws(EnvelopeFault) {
        self.bytes = bytes
        header = try EnvelopeHeader(of: bytes)
        plainValue =
            switch header.flags.compression {
            case .none: nil
            case .lz4: try Self.unpack(bytes, header, limit: limit)
            }
    }

    private static func unpack(
        _ bytes: ByteBuffer, _ header: EnvelopeHeader, limit: Int
    ) throws(EnvelopeFault) -> ByteBuffer {
        let outcome = bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(CompressionError) in
                let value = try CompressedValue(
                    UnsafeRawBufferPointer(rebasing: bytes[header.payloadOffset...]),
                    limit: limit - header.payloadOffset)
                var plain = ByteBufferAllocator().buffer(capacity: value.plainBytes)
                let result = plain.withUnsafeMutableWritableBytes { room in
                    Result { () throws(CompressionError) in
                        try value.decompress(
                            into: UnsafeMutableRawBufferPointer(rebasing: room[..<value.plainBytes])
                        )
                    }
                }
                try result.get()
                plain.moveWriterIndex(forwardBy: value.plainBytes)
                return plain
            }
        }
        do throws(CompressionError) {
            return try outcome.get()
        } catch {
            throw .block
        }
    }

    /// The revision of the change that wrote it.
    package var version: UInt64 { header.revision }

    /// When the value was stored, by the clock of the instance that stored it.
    package var createdAt: Timestamp { Timestamp(milliseconds: header.createdMilliseconds) }

    /// When it expires, by the clock of the instance that stored or touched it;
    /// `Timestamp.never` when it does not. Redis removes it by its own clock.
    package var expiresAt: Timestamp { Timestamp(expiryMilliseconds: header.expiresMilliseconds) }

    /// From when on it is stale; `Timestamp.never` when it never is before it expires.
    package var softExpiresAt: Timestamp {
        Timestamp(expiryMilliseconds: header.softExpiresMilliseconds)
    }

    /// Whether it says that there is no value.
    package var isNegative: Bool { header.flags.contains(.negative) }

    /// The size of the value in bytes.
    package var valueByteCount: Int { plainValue?.readableBytes ?? header.payloadCount }

    /// The size of all its bytes, as they are stored.
    package var storedByteCount: Int { bytes.readableBytes }

    /// The size of all its bytes with the value unpacked.
    package var plainByteCount: Int { storedByteCount - header.payloadCount + valueByteCount }

    /// Where its parts are. Keep the entry with `withExtendedLifetime` while they are used: a
    /// generic closure would not be specialized for callers in other modules. Allocates only for
    /// metadata and tags, where there are any.
    package var contents: Contents {
        // A buffer's memory stays where it is for as long as somebody has the buffer.
        var contents = storedContents
        if let plainValue { contents.value = plainValue.withUnsafeReadableBytes { $0 } }
        return contents
    }

    private var storedContents: Contents {
        bytes.withUnsafeReadableBytes { header.contents(of: $0) }
    }

    /// Lends the entry to `body` as a draft for the memory of this process, which keeps a value
    /// compressed as it is stored.
    package func withDraft<Result>(
        key: UnsafeRawBufferPointer, ttl: TimeToLive, _ body: (EntryDraft) -> Result
    ) -> Result {
        withExtendedLifetime(self) {
            let contents = storedContents
            var draft = EntryDraft(
                key: key, value: contents.value, contentType: contents.contentType,
                metadata: contents.metadata, tags: contents.tags, ttl: ttl)
            draft.isCompressed = header.flags.compression != .none
            return body(draft)
        }
    }
}

/// What the store knows of an entry without its value.
package struct StoredHead: Hashable, Sendable {
    /// The revision of the change that wrote it.
    package let version: UInt64
    /// When it expires; `Timestamp.never` when it does not.
    package let expiresAt: Timestamp
    /// Whether it says that there is no value.
    package let isNegative: Bool
}
