// Owns the order in which the bytes of an entry are written; lives for the length of one call.

/// Writes the bytes of an entry one after the other.
struct EntryWriter {
    // Holds: `make` allocated exactly what it appends.
    var next: UnsafeMutableRawPointer

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        next.copyMemory(from: start, byteCount: bytes.count)
        next += bytes.count
    }

    mutating func appendCounts(_ draft: EntryDraft) {
        appendCount(draft.contentType.count)
        appendCount(draft.metadata.count)
        appendCount(draft.tags.count)
    }

    mutating func appendAnnotations(_ draft: EntryDraft) {
        append(draft.contentType)
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

    private mutating func appendCount(_ count: Int) {
        next.storeBytes(of: UInt16(count), as: UInt16.self)
        next += MemoryLayout<UInt16>.size
    }

    private mutating func appendEnd(_ end: Int) {
        next.storeBytes(of: UInt32(end), as: UInt32.self)
        next += MemoryLayout<UInt32>.size
    }
}

extension EntryDraft {
    /// Whether there is anything besides key and value.
    var isAnnotated: Bool { !contentType.isEmpty || !metadata.isEmpty || !tags.isEmpty }

    /// How many bytes it has, offsets included.
    var byteCount: Int {
        var count = key.count + value.count + contentType.count
        for pair in metadata {
            count += pair.name.count + pair.value.count + 2 * MemoryLayout<UInt32>.size
        }
        for tag in tags { count += tag.count + MemoryLayout<UInt32>.size }
        return count
    }

    /// Traps where a caller let through what is too large.
    func check() {
        precondition(!key.isEmpty && key.count <= Self.maxKeyBytes)
        precondition(value.count <= Self.maxValueBytes)
        precondition(contentType.count <= Self.maxContentTypeBytes)
        precondition(metadata.count <= Self.maxAnnotations)
        precondition(tags.count <= Self.maxAnnotations)
    }
}
