// Owns the memory of one entry: header and bytes in one allocation. Written by the thread that
// makes the entry, read-only for everyone from the moment it is in the table.

/// What an entry knows besides its bytes.
struct EntryHeader {
    var version: UInt64
    var createdAt: Timestamp
    var expiresAt: Timestamp
    /// How many bytes the value has; the highest bit: whether the entry is shared.
    let valueBits: UInt32
    let keyCount: UInt16
    let contentTypeCount: UInt16
    let metadataCount: UInt16
    let tagCount: UInt16

    static let sharedBit: UInt32 = 1 << 31
}

/// The bytes follow the header: key, value, content type, the end offset (`UInt32`, counted from
/// the first annotation byte) of each metadata name, metadata value and tag, and then those.
///
/// A shared entry has twelve bytes between key and value, where a look-up has just been: the
/// word of its partition, and when it expires for everyone, for the header's expiry then says
/// how long this cache may hold it. One that is not shared pays a bit for that.
final class EntryStorage: ManagedBuffer<EntryHeader, UInt8> {
    /// Where the bytes start inside the object: the object's own header, then ours.
    static let prefixBytes = 2 * MemoryLayout<Int>.size + MemoryLayout<EntryHeader>.size

    static func make(header: EntryHeader, count: Int) -> EntryStorage {
        let buffer = EntryStorage.create(minimumCapacity: count) { _ in header }
        return unsafeDowncast(buffer, to: EntryStorage.self)
    }

    /// The header by its address: to name the property would check for exclusive access each time.
    @inline(__always)
    var head: UnsafeMutablePointer<EntryHeader> {
        withUnsafeMutablePointerToHeader { $0 }
    }

    /// The first byte. It stays where it is for as long as the object lives.
    @inline(__always)
    var base: UnsafeMutableRawPointer {
        withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }
    }

    @inline(__always)
    var keyCount: Int { Int(head.pointee.keyCount) }

    /// What a shared entry has beside the bytes of its draft.
    static let sharedBytes = MemoryLayout<UInt32>.size + MemoryLayout<Int64>.size

    @inline(__always)
    var isShared: Bool { head.pointee.valueBits & EntryHeader.sharedBit != 0 }

    /// The state of its partition that a shared entry belongs to.
    @inline(__always)
    var coherence: CoherenceWord {
        CoherenceWord(raw: base.loadUnaligned(fromByteOffset: keyCount, as: UInt32.self))
    }

    /// When a shared entry expires for everyone.
    var sharedExpiry: Timestamp {
        let offset = keyCount + MemoryLayout<UInt32>.size
        return Timestamp(nanoseconds: base.loadUnaligned(fromByteOffset: offset, as: Int64.self))
    }

    var valueOffset: Int { isShared ? keyCount + Self.sharedBytes : keyCount }

    var valueCount: Int { Int(head.pointee.valueBits & ~EntryHeader.sharedBit) }

    var contentTypeOffset: Int { valueOffset + valueCount }

    private var endsOffset: Int { contentTypeOffset + Int(head.pointee.contentTypeCount) }

    private var endsCount: Int { 2 * Int(head.pointee.metadataCount) + Int(head.pointee.tagCount) }

    /// How many bytes follow the header.
    var byteCount: Int {
        endsOffset + endsCount * MemoryLayout<UInt32>.size + annotationEnd(endsCount - 1)
    }

    /// The bytes of the annotation `index`: names and values of the metadata first, then tags.
    func annotation(_ index: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && index < endsCount, "annotation out of range")
        let first = endsOffset + endsCount * MemoryLayout<UInt32>.size
        let start = annotationEnd(index - 1)
        return UnsafeRawBufferPointer(
            start: base + first + start, count: annotationEnd(index) - start)
    }

    private func annotationEnd(_ index: Int) -> Int {
        guard index >= 0 else { return 0 }
        let offset = endsOffset + index * MemoryLayout<UInt32>.size
        return Int(base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
