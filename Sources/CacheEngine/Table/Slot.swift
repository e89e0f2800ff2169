// Owns the header of an entry: 30 bytes before its key. The links, the namespace and the mark
// are guarded by the stripe's lock; the rest is written by the thread that makes the entry, and
// read-only for everyone once the entry is in the table.

/// An entry's header, and its place in the order of its policy.
///
/// The entry's memory is its slot: another value of the key has another slot.
@usableFromInline
struct Slot {
    /// Says "none" in links.
    static let noSlot: Int32 = -1

    // What a hit reads comes last, beside the key: they are mostly on one cache line.
    /// The policy's links.
    var previous: Int32
    var next: Int32
    /// The upper half of when the value was stored and of sizes; see `stampLow`.
    var stampHigh: UInt32
    /// The lower 48 bits of the version.
    var versionLow: UInt32
    var versionHigh: UInt16
    var namespace: UInt16
    /// How many keep the entry, in the upper 24 bits; what the entry has, in the lower 8
    /// (``EntryParts``). Used as an atomic only.
    var state: UInt32
    /// When the value was stored, in milliseconds since the epoch, and sizes: 44 bits, 2 unused,
    /// 5 more of the key's, 13 of the value's. In two halves, for a block is aligned to 4 bytes.
    @usableFromInline var stampLow: UInt32
    /// The policy's own.
    var mark: UInt8
    /// The lowest bits of the number of bytes of the key.
    @usableFromInline var keyBits: UInt8

    /// Where the state is; a constant, for callers elsewhere read it, too.
    @inlinable static var stateOffset: Int { 20 }
}

/// What an entry has besides header, key and value. What there is comes between key and value, in
/// this order, but for `outside`.
@usableFromInline
struct EntryParts: OptionSet, Sendable {
    @usableFromInline let rawValue: UInt8

    @inlinable init(rawValue: UInt8) { self.rawValue = rawValue }

    /// When it expires: 6 bytes of milliseconds since the epoch, all ones for never.
    static let expiry = EntryParts(rawValue: 1)
    /// The upper 16 bits of the version.
    static let wideVersion = EntryParts(rawValue: 2)
    /// From when on it is stale: like the expiry.
    static let softExpiry = EntryParts(rawValue: 4)
    /// It is shared: the word of its partition, 4 bytes, and when it expires for everyone, 6; its
    /// expiry then says how long this cache may hold it.
    static let shared = EntryParts(rawValue: 8)
    /// How many bytes of content type, pairs of metadata and tags it has: 2 bytes each.
    static let annotations = EntryParts(rawValue: 16)
    /// After the header is a pointer only. The bytes have memory of their own, and before them
    /// are the sizes of value and key, 4 bytes each.
    static let outside = EntryParts(rawValue: 32)
    /// The value is compressed.
    static let compressed = EntryParts(rawValue: 64)
    /// What a commit decides.
    static let published: EntryParts = [.expiry, .wideVersion]

    /// How many bytes the parts take.
    @inline(__always)
    var byteCount: Int { before(EntryParts(rawValue: 1 << 7)) }

    /// Whether key and value follow the header, with nothing between.
    @inlinable
    @inline(__always)
    var isPlain: Bool { rawValue & 0x3f == 0 }

    /// How many bytes the parts take that come before `part`.
    @inline(__always)
    func before(_ part: EntryParts) -> Int {
        let earlier = Int(rawValue & (part.rawValue &- 1))
        let times = (earlier & 1) &+ (earlier &>> 2 & 1) &+ (earlier &>> 4 & 1)
        return times &* 6 &+ (earlier &>> 1 & 1) &* 2 &+ (earlier &>> 3 & 1) &* 10
    }
}
