// Reads what comes after an entry's value: media type, metadata, tags; any thread.
//
// After the value are the content type, the end offset (`UInt32`, counted from the first byte of
// the annotations) of each metadata name, metadata value and tag, and then those.

extension EntryView {
    /// The value's media type; empty when unknown.
    public var contentType: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: body + contentTypeOffset, count: count(0))
    }

    /// How many pairs of metadata there are.
    public var metadataCount: Int { count(1) }

    /// The pair of metadata at `index`, from 0.
    public func metadata(at index: Int) -> EntryDraft.MetadataPair {
        precondition(index >= 0 && index < metadataCount, "metadata out of range")
        return (annotation(2 * index), annotation(2 * index + 1))
    }

    /// How many tags there are.
    public var tagCount: Int { count(2) }

    /// The tag at `index`, from 0.
    public func tag(at index: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && index < tagCount, "tag out of range")
        return annotation(2 * metadataCount + index)
    }

    private func count(_ index: Int) -> Int {
        guard let counts = part(.annotations) else { return 0 }
        return Int(counts.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
    }

    private var contentTypeOffset: Int { valueOffset + valueCount }

    private var endsOffset: Int { contentTypeOffset + count(0) }

    private var endsCount: Int { 2 * count(1) + count(2) }

    /// How many bytes key, parts, value and annotations take.
    var bodyCount: Int {
        guard parts.contains(.annotations) else { return contentTypeOffset }
        return endsOffset + endsCount * MemoryLayout<UInt32>.size + annotationEnd(endsCount - 1)
    }

    /// The bytes of the annotation `index`: names and values of the metadata first, then tags.
    private func annotation(_ index: Int) -> UnsafeRawBufferPointer {
        let first = endsOffset + endsCount * MemoryLayout<UInt32>.size
        let start = annotationEnd(index - 1)
        return UnsafeRawBufferPointer(
            start: body + first + start, count: annotationEnd(index) - start)
    }

    private func annotationEnd(_ index: Int) -> Int {
        guard index >= 0 else { return 0 }
        let offset = endsOffset + index * MemoryLayout<UInt32>.size
        return Int(body.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// What the entry costs its budget, in bytes: see ``EntryFootprint``.
    public var footprintBytes: Int {
        EntryFootprint.bytes(body: bodyCount)
    }
}
