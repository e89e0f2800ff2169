// Owns one place of a stripe's table: 32 bytes, two to a cache line; guarded by the stripe's lock.

/// An entry's place: it stays there, whatever replaces its value, until its key is removed.
struct Slot {
    /// Says "none" in links and positions.
    static let noSlot: Int32 = -1

    /// The entry, retained by the table; nil when the slot is free.
    var storage: Unmanaged<EntryStorage>?
    var hash: UInt64
    /// The policy's links; `next` also links the free slots.
    var previous: Int32
    var next: Int32
    /// Where the slot's node is in the expiry heap.
    var deadline: Int32
    var namespace: UInt16
    var segment: UInt16

    @inline(__always)
    var expiresAt: Timestamp {
        storage?._withUnsafeGuaranteedRef { $0.head.pointee.expiresAt } ?? .never
    }

    /// Whether the entry is not shared, or its partition still has its word.
    @inline(__always)
    func isCurrent(in table: CoherenceTable) -> Bool {
        storage?._withUnsafeGuaranteedRef { !$0.isShared || table.holds($0.coherence) } ?? false
    }

    func standing(in table: CoherenceTable) -> CoherenceTable.Standing {
        storage?._withUnsafeGuaranteedRef { object in
            object.isShared ? table.standing(of: object.coherence) : .current
        } ?? .past
    }

    /// The entry, with a reference of its own.
    @inline(__always)
    var entry: CacheEntry? {
        storage.map { CacheEntry($0.takeUnretainedValue()) }
    }

    /// Whether the slot holds `key`, whose hash is `hash`.
    @inline(__always)
    func holds(_ key: UnsafeRawBufferPointer, hash: UInt64) -> Bool {
        guard self.hash == hash, let storage else { return false }
        return storage._withUnsafeGuaranteedRef { object in
            object.keyCount == key.count && Self.equal(object.base, key)
        }
    }

    // Word by word: a call of memcmp would need the C library, and keys are short.
    @inline(__always)
    private static func equal(
        _ left: UnsafeMutableRawPointer, _ right: UnsafeRawBufferPointer
    ) -> Bool {
        var offset = 0
        while offset &+ 8 <= right.count {
            let word = right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard left.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == word else {
                return false
            }
            offset &+= 8
        }
        while offset < right.count {
            guard left.load(fromByteOffset: offset, as: UInt8.self) == right[offset] else {
                return false
            }
            offset &+= 1
        }
        return true
    }
}
