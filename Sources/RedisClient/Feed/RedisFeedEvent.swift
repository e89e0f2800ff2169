// What happened to the feed of a shard; a value, any thread.

/// A transition of a shard's feed, told once.
package enum RedisFeedEvent: Hashable, Sendable {
    /// Every partition of the shard is live.
    case live(RedisShardID)
    /// Nothing is heard of the shard, or never was.
    case lost(RedisShardID, RedisError)
    /// The shard does not serve some of its partitions.
    case refused(RedisShardID, RedisError)
}
