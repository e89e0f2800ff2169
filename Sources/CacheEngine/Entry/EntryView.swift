// Owns nothing: reads the memory of an entry that somebody keeps; any thread.

public import Synchronization

/// A look at a cached value: immutable, one pointer wide, and outside ARC's reach.
///
/// It is valid for as long as somebody keeps the entry: during the closure it is given to, or as
/// long as the ``CacheEntry`` that it comes from.
public struct EntryView: @unchecked Sendable {  // holds: it reads an atomic, and what stays
    /// Where the key starts in a slot, or the pointer to what is outside.
    @inlinable static var headerBytes: Int { 30 }
    /// The sizes before bytes that are outside.
    static let outsideBytes = 8
    static let maxReferences: UInt32 = 1 << 24 - 1

    @usableFromInline let address: UnsafeMutableRawPointer

    @inline(__always)
    init(_ address: UnsafeMutableRawPointer) { self.address = address }

    @inlinable
    @inline(__always)
    var head: UnsafeMutablePointer<Slot> { address.assumingMemoryBound(to: Slot.self) }

    @inlinable
    @inline(__always)
    var state: UnsafeMutablePointer<Atomic<UInt32>> {
        (address + Slot.stateOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    @inlinable
    @inline(__always)
    var parts: EntryParts {
        let state = state.pointee.load(ordering: .relaxed)
        return EntryParts(rawValue: UInt8(truncatingIfNeeded: state))
    }

    /// Sets the parts, and that one keeps it.
    func begin(_ parts: EntryParts) {
        state.initialize(to: Atomic(1 << 8 | UInt32(parts.rawValue)))
    }

    /// One more keeps it; somebody does already.
    @inline(__always)
    func retain() {
        let now = state.pointee.wrappingAdd(1 << 8, ordering: .relaxed).newValue
        precondition(now >> 8 != Self.maxReferences, "too many keep one entry")
    }

    /// One less; answers whether it was the last.
    @inline(__always)
    func release() -> Bool {
        if state.pointee.load(ordering: .acquiring) >> 8 == 1 { return true }
        let now = state.pointee.wrappingSubtract(1 << 8, ordering: .acquiringAndReleasing).newValue
        return now >> 8 == 0
    }

    /// Frees what is outside the slot.
    func freeOutside() {
        guard parts.contains(.outside) else { return }
        (body - Self.outsideBytes).deallocate()
    }

    /// Where the key starts.
    var body: UnsafeMutableRawPointer { body(parts) }

    // The parts are read once and passed on: each reading of an atomic is one more.
    @inline(__always)
    func body(_ parts: EntryParts) -> UnsafeMutableRawPointer {
        if parts.contains(.outside) { return outside }
        return address + Self.headerBytes
    }

    @inline(never)
    private var outside: UnsafeMutableRawPointer {
        let raw = (address + Self.headerBytes).loadUnaligned(as: UInt.self)
        return UnsafeMutableRawPointer(bitPattern: raw).unsafelyUnwrapped + Self.outsideBytes
    }

    var keyCount: Int { keyCount(parts) }

    @inline(__always)
    func keyCount(_ parts: EntryParts) -> Int {
        parts.contains(.outside) ? outsideCount(4) : keyCountInside
    }

    @inlinable
    @inline(__always)
    var keyCountInside: Int {
        Int(head.pointee.keyBits) | Int(head.pointee.stampLow &>> 13 & 31) &<< 8
    }

    var valueCount: Int { valueCount(parts) }

    @inline(__always)
    private func valueCount(_ parts: EntryParts) -> Int {
        parts.contains(.outside) ? outsideCount(8) : valueCountInside
    }

    @inlinable
    @inline(__always)
    var valueCountInside: Int { Int(head.pointee.stampLow & 0x1fff) }

    @inline(never)
    private func outsideCount(_ offset: Int) -> Int {
        Int((outside - offset).loadUnaligned(as: UInt32.self))
    }

    /// The key, namespace included.
    public var key: UnsafeRawBufferPointer {
        let parts = parts
        return UnsafeRawBufferPointer(start: body(parts), count: keyCount(parts))
    }

    /// The value.
    @inlinable public var value: UnsafeRawBufferPointer {
        let parts = parts
        guard parts.isPlain else { return valueBehind(parts) }
        let start = address + (Self.headerBytes &+ keyCountInside)
        return UnsafeRawBufferPointer(start: start, count: valueCountInside)
    }

    @usableFromInline
    @inline(never)
    func valueBehind(_ parts: EntryParts) -> UnsafeRawBufferPointer {
        let start = body(parts) + keyCount(parts) + parts.byteCount
        return UnsafeRawBufferPointer(start: start, count: valueCount(parts))
    }

    /// Whether the value is compressed, as its draft said.
    public var isCompressed: Bool { parts.contains(.compressed) }

    var valueOffset: Int {
        let parts = parts
        return keyCount(parts) &+ parts.byteCount
    }

    /// The version that the commit gave; 0 for a loaded value that was not stored.
    public var version: UInt64 {
        let low = UInt64(head.pointee.versionLow) | UInt64(head.pointee.versionHigh) << 32
        guard let wide = part(.wideVersion) else { return low }
        return low | UInt64(wide.loadUnaligned(as: UInt16.self)) << 48
    }

    /// When the value was stored, to the millisecond.
    public var createdAt: Timestamp {
        Timestamp(storedMilliseconds: Int64(head.pointee.stampHigh) << 12 | lowStamp)
    }

    private var lowStamp: Int64 { Int64(head.pointee.stampLow >> 20) }

    /// When the entry expires; `Timestamp.never` when it does not. A cache that shares may let go
    /// of it earlier.
    public var expiresAt: Timestamp {
        part(.shared).map { ($0 + 4).loadMoment() } ?? heldUntil
    }

    /// From when on the value is stale: it may be served until the entry expires, and should be
    /// loaded anew. `Timestamp.never`: it never is.
    public var softExpiresAt: Timestamp { part(.softExpiry).map { $0.loadMoment() } ?? .never }

    /// Whether the value is stale.
    public func isStale(at now: Timestamp) -> Bool {
        parts.contains(.softExpiry) && softExpiresAt <= now
    }

    /// How long this cache may answer with the entry.
    var heldUntil: Timestamp { Timestamp(heldMilliseconds: heldMilliseconds) }

    @inline(__always)
    var heldMilliseconds: Int64 {
        guard parts.contains(.expiry) else { return Timestamp.neverMilliseconds }
        return (body + keyCount).loadMilliseconds()
    }

    /// Whether its time is up here.
    @inline(__always)
    func isOver(at now: Timestamp) -> Bool {
        let parts = parts
        guard parts.contains(.expiry) else { return false }
        let held = (body(parts) + keyCount(parts)).loadMilliseconds()
        return held != Timestamp.neverMilliseconds && held &* 1_000_000 <= now.nanoseconds
    }

    /// The state of its partition that a shared entry belongs to; nil: it is not shared.
    @inline(__always)
    var coherence: CoherenceWord? {
        guard parts.contains(.shared) else { return nil }
        let offset = keyCount &+ parts.before(.shared)
        return CoherenceWord(raw: (body + offset).loadUnaligned(as: UInt32.self))
    }

    @inline(__always)
    func part(_ part: EntryParts) -> UnsafeMutableRawPointer? {
        let parts = parts
        return parts.contains(part) ? body(parts) + keyCount(parts) + parts.before(part) : nil
    }

    /// Whether both are the same entry, not only equal ones.
    public func isSame(as other: EntryView) -> Bool { address == other.address }
}

extension UnsafeMutableRawPointer {
    /// Milliseconds since the epoch, in 6 bytes.
    @inline(__always)
    func loadMilliseconds() -> Int64 {
        Int64(loadUnaligned(as: UInt32.self))
            | Int64(loadUnaligned(fromByteOffset: 4, as: UInt16.self)) &<< 32
    }

    func loadMoment() -> Timestamp { Timestamp(heldMilliseconds: loadMilliseconds()) }

    func store(milliseconds: Int64) {
        storeBytes(of: UInt32(truncatingIfNeeded: milliseconds), as: UInt32.self)
        storeBytes(
            of: UInt16(truncatingIfNeeded: milliseconds >> 32), toByteOffset: 4, as: UInt16.self)
    }
}
