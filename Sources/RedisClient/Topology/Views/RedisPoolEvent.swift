// What happened to a pool's connections and servers; a value, any thread.

/// A transition, told once however many connections and calls met it.
package enum RedisPoolEvent: Hashable, Sendable {
    /// The first connection to a shard's master is there.
    case connected(RedisShardID, RedisAddress)
    /// The last connection to a shard's master is gone, or the first could not be made.
    case disconnected(RedisShardID, RedisError)
    /// A shard's server does not let us in.
    case accessRefused(RedisShardID, RedisError)
    /// A shard's server belongs to another deployment.
    case incompatible(RedisShardID, RedisError)
    /// A shard's circuit breaker changed its state. While a shard is away it goes back and forth
    /// between half-open and open, once for each probe.
    case breaker(RedisShardID, CircuitBreaker.State, before: CircuitBreaker.State)
    /// Another server is a shard's master now.
    case masterChanged(RedisShardID, from: RedisAddress, to: RedisAddress)
    /// Partitions, or replicas, are elsewhere now.
    case topologyChanged(shards: Int, partitionsMoved: Int)
    /// Neither seeds nor Sentinels tell where the servers are; told once until they do.
    case discoveryFailed(RedisError)
}
