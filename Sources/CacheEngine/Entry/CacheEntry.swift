// Owns a reference to one cached value; any thread may read it.

/// A cached value: immutable, and one reference wide.
///
/// The byte views are valid for as long as the entry (any copy of it) is kept; keep it with
/// `withExtendedLifetime` where the compiler cannot see the use.
package struct CacheEntry: @unchecked Sendable {  // holds: nobody writes a published entry
    let storage: EntryStorage

    init(_ storage: EntryStorage) {
        self.storage = storage
    }

    /// The key, namespace included.
    package var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage.base, count: storage.keyCount)
    }

    /// The value.
    package var value: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: storage.base + storage.valueOffset, count: storage.valueCount)
    }

    /// The value's media type; empty when unknown.
    package var contentType: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: storage.base + storage.contentTypeOffset,
            count: Int(storage.head.pointee.contentTypeCount))
    }

    /// How many pairs of metadata there are.
    package var metadataCount: Int { Int(storage.head.pointee.metadataCount) }

    /// The pair of metadata at `index`, from 0.
    package func metadata(at index: Int) -> EntryDraft.MetadataPair {
        precondition(index >= 0 && index < metadataCount, "metadata out of range")
        return (storage.annotation(2 * index), storage.annotation(2 * index + 1))
    }

    /// How many tags there are.
    package var tagCount: Int { Int(storage.head.pointee.tagCount) }

    /// The tag at `index`, from 0.
    package func tag(at index: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && index < tagCount, "tag out of range")
        return storage.annotation(2 * metadataCount + index)
    }

    /// The version that the commit gave; 0 for a loaded value that was not stored.
    package var version: UInt64 { storage.head.pointee.version }

    /// When the value was stored.
    package var createdAt: Timestamp { storage.head.pointee.createdAt }

    /// When the entry expires; `Timestamp.never` when it does not. A cache that shares may let go
    /// of it earlier.
    package var expiresAt: Timestamp {
        storage.isShared ? storage.sharedExpiry : storage.head.pointee.expiresAt
    }

    /// What the entry costs its budget, in bytes: see ``EntryFootprint``.
    package var footprintBytes: Int { EntryFootprint.bytes(payload: storage.byteCount) }

    /// Whether both are the same entry, not only equal ones.
    package func isSame(as other: CacheEntry) -> Bool { storage === other.storage }
}
