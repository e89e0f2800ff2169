// What a shard is called; a value, any thread.

/// The identity of a shard in its pool, the same however often its master changes.
package struct RedisShardID: Hashable, Sendable, CustomStringConvertible {
    /// Its name: as configured, the master's name of the Sentinels, or the first characters of
    /// the lowest node id of a cluster's shard.
    package let name: String

    /// An identity.
    package init(_ name: String) { self.name = name }

    /// The name.
    package var description: String { name }
}
