// What is known of a shard at a moment; a value, any thread.

/// A shard as the process sees it.
package struct RedisShardView: Hashable, Sendable {
    /// How the process stands to a shard's master.
    package enum State: String, Hashable, Sendable {
        /// The first connection is on its way.
        case connecting
        /// At least one event loop is connected.
        case up
        /// No event loop is connected.
        case down
    }

    /// Its identity.
    package let id: RedisShardID
    /// Where its master listens.
    package let address: RedisAddress
    /// Where its replicas listen, as far as they are known.
    package let replicas: [RedisAddress]
    /// The partitions it holds.
    package let partitions: RedisPartitionSet
    /// How the process stands to its master.
    package let state: State
    /// Its circuit breaker.
    package let breaker: CircuitBreaker.State
    /// How long the breaker still refuses at least; nil: it does not.
    package let retryAfter: Duration?
}
