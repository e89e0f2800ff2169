// One entry as a server answered it; a value over the bytes that were read, any thread.

package import CacheEngine
import NIOCore

/// An entry of the shared store. It keeps the bytes of the reply and where its parts lie in them:
/// nothing is copied.
package struct StoredEntry: Sendable {
    /// The parts of an entry. The bytes are borrowed from the entry: they are there for as long
    /// as it is kept.
    package struct Contents {
        /// The value.
        package let value: UnsafeRawBufferPointer
        /// The value's media type; empty when unknown.
        package let contentType: UnsafeRawBufferPointer
        /// The metadata, in the order in which they were stored.
        package let metadata: [EntryDraft.MetadataPair]
        /// The tags, in the order in which they were stored.
        package let tags: [UnsafeRawBufferPointer]
    }

    let bytes: ByteBuffer
    let header: EnvelopeHeader

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
    package var valueByteCount: Int { header.payloadCount }

    /// The size of all its bytes.
    package var storedByteCount: Int { bytes.readableBytes }

    /// Where its parts are. Keep the entry with `withExtendedLifetime` while they are used: a
    /// generic closure would not be specialized for callers in other modules. Allocates only for
    /// metadata and tags, where there are any.
    package var contents: Contents {
        // The buffer's memory stays where it is for as long as somebody has the buffer.
        bytes.withUnsafeReadableBytes { header.contents(of: $0) }
    }

    /// Lends the entry to `body` as a draft for the memory of this process.
    package func withDraft<Result>(
        key: UnsafeRawBufferPointer, ttl: TimeToLive, _ body: (EntryDraft) -> Result
    ) -> Result {
        withExtendedLifetime(self) {
            let contents = contents
            return body(
                EntryDraft(
                    key: key, value: contents.value, contentType: contents.contentType,
                    metadata: contents.metadata, tags: contents.tags, ttl: ttl))
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
