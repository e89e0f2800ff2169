// Makes entries; runs on the calling thread, outside every lock.

extension CacheEntry {
    /// Copies a draft into one allocation. Version and expiry are set by ``publish`` later.
    static func make(_ draft: EntryDraft, createdAt: Timestamp) -> CacheEntry {
        let header = header(draft, version: 0, createdAt: createdAt, expiresAt: .never, mark: 0)
        let storage = EntryStorage.make(header: header, count: byteCount(draft))
        var writer = EntryWriter(next: storage.base)
        writer.append(draft.key)
        writer.appendRest(draft)
        return CacheEntry(storage)
    }

    /// Copies a draft and what others know of it. Such an entry needs no ``publish``.
    static func make(
        _ draft: EntryDraft, _ stamp: SharedStamp, coherence: CoherenceWord
    ) -> CacheEntry {
        let header = header(
            draft, version: stamp.version, createdAt: stamp.createdAt,
            expiresAt: min(stamp.heldUntil, stamp.expiresAt), mark: EntryHeader.sharedBit)
        let count = byteCount(draft) + EntryStorage.sharedBytes
        let storage = EntryStorage.make(header: header, count: count)
        var writer = EntryWriter(next: storage.base)
        writer.append(draft.key)
        withUnsafeBytes(of: coherence.raw) { writer.append($0) }
        withUnsafeBytes(of: stamp.expiresAt.nanoseconds) { writer.append($0) }
        writer.appendRest(draft)
        return CacheEntry(storage)
    }

    private static func header(
        _ draft: EntryDraft, version: UInt64, createdAt: Timestamp, expiresAt: Timestamp,
        mark: UInt32
    ) -> EntryHeader {
        precondition(!draft.key.isEmpty && draft.key.count <= EntryDraft.maxKeyBytes)
        precondition(draft.value.count <= EntryDraft.maxValueBytes)
        precondition(draft.contentType.count <= EntryDraft.maxContentTypeBytes)
        precondition(draft.metadata.count <= EntryDraft.maxAnnotations)
        precondition(draft.tags.count <= EntryDraft.maxAnnotations)
        return EntryHeader(
            version: version, createdAt: createdAt, expiresAt: expiresAt,
            valueBits: UInt32(draft.value.count) | mark, keyCount: UInt16(draft.key.count),
            contentTypeCount: UInt16(draft.contentType.count),
            metadataCount: UInt16(draft.metadata.count), tagCount: UInt16(draft.tags.count))
    }

    /// A new entry with the same bytes and the same creation, to be published anew.
    func copy() -> CacheEntry {
        let count = storage.byteCount
        let twin = EntryStorage.make(header: storage.head.pointee, count: count)
        twin.base.copyMemory(from: storage.base, byteCount: count)
        return CacheEntry(twin)
    }

    /// The last writing to an entry, under the lock that then puts it into the table.
    func publish(version: UInt64, expiresAt: Timestamp) {
        storage.head.pointee.version = version
        storage.head.pointee.expiresAt = expiresAt
    }

    private static func byteCount(_ draft: EntryDraft) -> Int {
        var count = draft.key.count + draft.value.count + draft.contentType.count
        for pair in draft.metadata {
            count += pair.name.count + pair.value.count + 2 * MemoryLayout<UInt32>.size
        }
        for tag in draft.tags { count += tag.count + MemoryLayout<UInt32>.size }
        return count
    }
}

/// Writes the bytes of an entry one after the other.
private struct EntryWriter {
    // Holds: `make` allocated exactly what it appends.
    var next: UnsafeMutableRawPointer

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        next.copyMemory(from: start, byteCount: bytes.count)
        next += bytes.count
    }

    mutating func appendRest(_ draft: EntryDraft) {
        append(draft.value)
        append(draft.contentType)
        if !draft.metadata.isEmpty || !draft.tags.isEmpty { appendAnnotations(draft) }
    }

    private mutating func appendAnnotations(_ draft: EntryDraft) {
        var end = 0
        for pair in draft.metadata {
            end += pair.name.count
            appendEnd(end)
            end += pair.value.count
            appendEnd(end)
        }
        for tag in draft.tags {
            end += tag.count
            appendEnd(end)
        }
        for pair in draft.metadata {
            append(pair.name)
            append(pair.value)
        }
        for tag in draft.tags { append(tag) }
    }

    private mutating func appendEnd(_ end: Int) {
        next.storeBytes(of: UInt32(end), as: UInt32.self)
        next += MemoryLayout<UInt32>.size
    }
}
