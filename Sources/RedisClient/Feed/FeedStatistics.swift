// What the feeds of a pool have done so far; plain values, any thread.

/// The counters of a pool's feed.
package struct FeedStatistics: Hashable, Sendable {
    /// Where the feed of one shard stands.
    package enum State: String, Hashable, Sendable {
        /// There is no connection.
        case disconnected
        /// It subscribes, or catches up.
        case attaching
        /// Every partition of the shard is live.
        case live
    }

    /// The feed of one shard.
    package struct Shard: Hashable, Sendable {
        /// The shard's name.
        package var name: String
        /// Where it stands.
        package var state: State
        /// How many of its partitions are live.
        package var livePartitions: Int
        /// How many partitions it has.
        package var partitions: Int
        /// How long ago the server was heard last; nil where it never was.
        package var silence: Duration?
        /// Why it is not live; nil where it is, or no reason is known.
        package var problem: RedisError?
    }

    /// The events that were delivered, as they came or from the log; without the copies for
    /// memories.
    package var events: UInt64 = 0
    /// How many of them came from the log, after a gap or a lost connection.
    package var repairedEvents: UInt64 = 0
    /// How many times something was missing and was read from the log.
    package var gaps: UInt64 = 0
    /// How many times a partition was reset.
    package var resets: UInt64 = 0
    /// How many messages were known already.
    package var duplicates: UInt64 = 0
    /// How many messages and log entries were no events.
    package var malformed: UInt64 = 0
    /// How many times the connection to a shard was lost.
    package var losses: UInt64 = 0
    /// The shards.
    package var shards: [Shard] = []

    /// Nothing done yet.
    package init() {}

    /// Adds the counters of another, and its shards.
    package mutating func add(_ other: FeedStatistics) {
        events += other.events
        repairedEvents += other.repairedEvents
        gaps += other.gaps
        resets += other.resets
        duplicates += other.duplicates
        malformed += other.malformed
        losses += other.losses
        shards += other.shards
    }
}
