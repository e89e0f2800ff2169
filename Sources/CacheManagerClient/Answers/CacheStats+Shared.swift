// The shared level inside statistics; values.

import Messages

extension CacheStats {
    /// The shared level as a whole.
    public struct Shared: Encodable, Sendable, Hashable {
        /// One for each pool that is a Redis Cluster.
        public var clusters: [Cluster]
        /// The writes that were acknowledged and are still to be sent.
        public var writeBehind: WriteBehind?
        /// What was found under a key of ours and is no entry of ours: each was a miss.
        public var foreignEntries: UInt64
        /// The invalidations of the whole fleet, as they came in.
        public var feed: Feed?
        /// The invalidations by pattern, by tag or of everything that run on this instance now.
        public var walks: [Walk]
    }

    /// A Redis Cluster, as its nodes see it.
    public struct Cluster: Encodable, Sendable, Hashable {
        /// The pool it is.
        public var pool: String
        /// `ok`, or `fail` where it does not serve every slot.
        public var state: String
        /// Nodes it knows: masters and replicas.
        public var knownNodes: UInt32
        /// Those of them that are reachable for the others.
        public var healthyNodes: UInt32
        /// Slots that are served.
        public var slotsOk: UInt32
        /// Slots there are.
        public var slotsTotal: UInt32
    }

    /// Writes that were acknowledged from memory and are sent to the shared level in the background
    /// (`l2_writes: async`, and `on_l2_failure: serve_l1` while a shard is down).
    public struct WriteBehind: Sendable, Hashable {
        /// Keys whose last write is still to be sent, or not yet answered.
        public var entries: UInt64
        /// Bytes they take.
        public var bytes: UInt64
        /// The most they may take; beyond it writes wait for the shared level as all others do.
        public var maxBytes: UInt64
        /// How long the oldest of them has been waiting; nil when there is none.
        public var oldestAge: Duration?
        /// Writes that the shared level has taken so far. Of several writes of a key that waits,
        /// only the last is sent.
        public var flushed: UInt64
        /// Attempts that failed; the write stays, and is tried again.
        public var failed: UInt64
        /// Writes whose time to live ended before the shared level could take them.
        public var dropped: UInt64
    }

    /// The invalidations that came in from the shared level.
    public struct Feed: Encodable, Sendable, Hashable {
        /// Events applied.
        public var events: UInt64
        /// Gaps that were filled from a shard's log.
        public var gapsRepaired: UInt64
        /// How often a partition had to be forgotten, because its log no longer had what was
        /// missed.
        public var resets: UInt64
        /// Events that came again and were left out.
        public var duplicates: UInt64
        /// Messages that are no events of ours.
        public var malformed: UInt64
    }

    /// An invalidation that walks over the keys of all shards.
    public struct Walk: Encodable, Sendable, Hashable {
        /// Tells it from the others; no two of a deployment have the same.
        public var id: UInt64
        /// What it selects by: `pattern`, `tag`, `everything`.
        public var kind: String
        /// Keys it has looked at.
        public var scanned: UInt64
        /// Entries it has removed.
        public var removed: UInt64
        /// About how many keys there were when it began; 0: not known.
        public var total: UInt64
        /// When it began.
        public var startedAt: CacheInstant?
    }
}

extension CacheStats.Shared {
    init(_ message: SharedStats) {
        clusters = message.clusters.map { CacheStats.Cluster($0) }
        writeBehind = message.writeBehind.map { CacheStats.WriteBehind($0) }
        foreignEntries = message.foreignEntries
        feed = message.feed.map { CacheStats.Feed($0) }
        walks = message.walks.map { CacheStats.Walk($0) }
    }
}

extension CacheStats.Cluster {
    init(_ message: ClusterStats) {
        pool = message.pool.string
        state = message.state.string
        knownNodes = message.knownNodes
        healthyNodes = message.healthyNodes
        slotsOk = message.slotsOk
        slotsTotal = message.slotsTotal
    }
}

extension CacheStats.WriteBehind {
    init(_ message: WriteBehindStats) {
        entries = message.entries
        bytes = message.bytes
        maxBytes = message.maxBytes
        oldestAge = message.oldestAge.map(Duration.init)
        flushed = message.flushed
        failed = message.failed
        dropped = message.dropped
    }
}

extension CacheStats.Feed {
    init(_ message: FeedStats) {
        events = message.events
        gapsRepaired = message.gapsRepaired
        resets = message.resets
        duplicates = message.duplicates
        malformed = message.malformed
    }
}

extension CacheStats.Walk {
    init(_ message: WalkStats) {
        id = message.id
        kind = message.kind.string
        scanned = message.scanned
        removed = message.removed
        total = message.total
        startedAt = CacheInstant(message.startedAt)
    }
}

extension CacheStats.WriteBehind: Encodable {
    private enum CodingKeys: String, CodingKey {
        case entries, bytes, maxBytes, oldestAge, flushed, failed, dropped
    }

    /// With the spans as protobuf's JSON writes them: `0.000012s`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(entries, forKey: .entries)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(maxBytes, forKey: .maxBytes)
        try container.encodeIfPresent(oldestAge?.jsonText, forKey: .oldestAge)
        try container.encode(flushed, forKey: .flushed)
        try container.encode(failed, forKey: .failed)
        try container.encode(dropped, forKey: .dropped)
    }
}
