// Owns how far a walk over all keys is; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.WalkStats`: an invalidation that walks over the keys of all shards.
package struct WalkStats: Equatable {
    /// Tells it from the others; no two of a deployment have the same.
    package var id: UInt64 = 0
    /// What it selects by: `pattern`, `tag`, `everything`.
    package var kind = ByteView()
    /// Keys it has looked at.
    package var scanned: UInt64 = 0
    /// Entries it has removed.
    package var removed: UInt64 = 0
    /// About how many keys there were when it began; 0: not known.
    package var total: UInt64 = 0
    /// When it began.
    package var startedAt: ProtoTimestamp?

    /// All fields as proto3 defaults them.
    package init() {}
}

extension WalkStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__walk_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__WalkStats>) {
        id = c.pointee.id
        kind = ByteView(c.pointee.kind)
        scanned = c.pointee.scanned
        removed = c.pointee.removed
        total = c.pointee.total
        startedAt = ProtoTimestamp(c.pointee.started_at)
    }

    func fill(_ c: inout Cachemanager__V1__WalkStats, in arena: MessageArena) {
        c.id = id
        c.kind = arena.text(kind)
        c.scanned = scanned
        c.removed = removed
        c.total = total
        c.started_at = arena.makeIfPresent(startedAt)
    }
}
