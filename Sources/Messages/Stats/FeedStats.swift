// Owns the counters of the shared level's invalidations; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.FeedStats`: the invalidations that came in from the shared level.
package struct FeedStats: Equatable {
    /// Events applied.
    package var events: UInt64 = 0
    /// Gaps that were filled from a shard's log.
    package var gapsRepaired: UInt64 = 0
    /// How often a partition had to be forgotten, because its log no longer had what was missed.
    package var resets: UInt64 = 0
    /// Events that came again and were left out.
    package var duplicates: UInt64 = 0
    /// Messages that are no events of ours.
    package var malformed: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension FeedStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__feed_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__FeedStats>) {
        events = c.pointee.events
        gapsRepaired = c.pointee.gaps_repaired
        resets = c.pointee.resets
        duplicates = c.pointee.duplicates
        malformed = c.pointee.malformed
    }

    func fill(_ c: inout Cachemanager__V1__FeedStats, in arena: MessageArena) {
        c.events = events
        c.gaps_repaired = gapsRepaired
        c.resets = resets
        c.duplicates = duplicates
        c.malformed = malformed
    }
}
