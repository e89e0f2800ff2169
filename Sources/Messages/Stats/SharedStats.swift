// Owns the state of the shared level as a whole; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.SharedStats`: the shared level as a whole.
package struct SharedStats: Equatable {
    /// One for each pool that is a Redis Cluster.
    package var clusters: [ClusterStats] = []
    /// The writes that were acknowledged and are still to be sent.
    package var writeBehind: WriteBehindStats?
    /// What was found under a key of ours and is no entry of ours: each was a miss.
    package var foreignEntries: UInt64 = 0
    /// The invalidations of the whole fleet, as they came in.
    package var feed: FeedStats?
    /// The invalidations by pattern, by tag or of everything that run on this instance now.
    package var walks: [WalkStats] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension SharedStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__shared_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__SharedStats>) {
        clusters = Array(c.pointee.n_clusters, at: c.pointee.clusters) { ClusterStats(element: $0) }
        writeBehind = WriteBehindStats(c.pointee.write_behind)
        foreignEntries = c.pointee.foreign_entries
        feed = FeedStats(c.pointee.feed)
        walks = Array(c.pointee.n_walks, at: c.pointee.walks) { WalkStats(element: $0) }
    }

    func fill(_ c: inout Cachemanager__V1__SharedStats, in arena: MessageArena) {
        c.n_clusters = clusters.count
        c.clusters = arena.list(clusters) { arena.make($0) }
        c.write_behind = arena.makeIfPresent(writeBehind)
        c.foreign_entries = foreignEntries
        c.feed = arena.makeIfPresent(feed)
        c.n_walks = walks.count
        c.walks = arena.list(walks) { arena.make($0) }
    }
}
