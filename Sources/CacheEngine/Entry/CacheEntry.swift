// Owns a reference to one cached value; any thread may read it.

/// A cached value that its holder keeps: immutable, and one reference wide.
///
/// The byte views are valid for as long as the entry (any copy of it) is kept; keep it with
/// `withExtendedLifetime` where the compiler cannot see the use. Where the value is needed only
/// for a moment, ``EntryView`` costs less.
public struct CacheEntry: Sendable {
    /// Keeps the entry for all copies.
    private final class Holder: Sendable {
        let arena: EntryArena
        let slot: Int

        init(arena: EntryArena, slot: Int) {
            self.arena = arena
            self.slot = slot
        }

        deinit { arena.release(slot) }
    }

    private let holder: Holder

    /// Keeps the entry of `slot`, which somebody keeps already.
    init(keeping slot: Int, in arena: EntryArena) {
        arena.retain(slot)
        holder = Holder(arena: arena, slot: slot)
    }

    /// Keeps the entry of `slot` in the caller's place.
    init(taking slot: Int, of arena: EntryArena) {
        holder = Holder(arena: arena, slot: slot)
    }

    /// A look at it, for as long as it is kept.
    public var view: EntryView { holder.arena.slots.entry(holder.slot) }

    /// The key, namespace included.
    public var key: UnsafeRawBufferPointer { view.key }

    /// The value.
    public var value: UnsafeRawBufferPointer { view.value }

    /// Whether the value is compressed, as its draft said.
    public var isCompressed: Bool { look { $0.isCompressed } }

    /// The value's media type; empty when unknown.
    public var contentType: UnsafeRawBufferPointer { view.contentType }

    /// How many pairs of metadata there are.
    public var metadataCount: Int { look { $0.metadataCount } }

    /// The pair of metadata at `index`, from 0.
    public func metadata(at index: Int) -> EntryDraft.MetadataPair { view.metadata(at: index) }

    /// How many tags there are.
    public var tagCount: Int { look { $0.tagCount } }

    /// The tag at `index`, from 0.
    public func tag(at index: Int) -> UnsafeRawBufferPointer { view.tag(at: index) }

    /// The version that the commit gave; 0 for a loaded value that was not stored.
    public var version: UInt64 { look { $0.version } }

    /// When the value was stored, to the millisecond.
    public var createdAt: Timestamp { look { $0.createdAt } }

    /// When the entry expires; `Timestamp.never` when it does not. A cache that shares may let go
    /// of it earlier.
    public var expiresAt: Timestamp { look { $0.expiresAt } }

    /// From when on the value is stale: it may be served until the entry expires, and should be
    /// loaded anew. `Timestamp.never`: it never is.
    public var softExpiresAt: Timestamp { look { $0.softExpiresAt } }

    /// Whether the value is stale.
    public func isStale(at now: Timestamp) -> Bool { look { $0.isStale(at: now) } }

    /// What the entry costs its budget, in bytes: see ``EntryFootprint``.
    public var footprintBytes: Int { look { $0.footprintBytes } }

    /// Whether both are the same entry, not only equal ones.
    public func isSame(as other: CacheEntry) -> Bool { view.isSame(as: other.view) }

    /// Keeps the entry until `body` has read it.
    private func look<Result>(_ body: (EntryView) -> Result) -> Result {
        withExtendedLifetime(holder) { body(view) }
    }
}
