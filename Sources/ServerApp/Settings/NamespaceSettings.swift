// Owns the values of one configured namespace; a value type.

package import CacheEngine
package import CacheService

/// The settings of the keys whose part before the first `:` is one configured name.
package struct NamespaceSettings: Sendable, Equatable {
    /// How long an entry lives when its writer does not say so; `nil`: `default_ttl`.
    package var ttl: Duration?
    /// What becomes of the times to live of its entries.
    package var lifetime = LifetimeRules()
    /// What makes room when the budget is full.
    package var eviction = EvictionPolicyName.standard
    /// The namespace's own part of the server's bytes; `nil`: it shares the rest.
    package var maxBytes: Int?
    /// The cap of entries beside ``maxBytes``; `nil`: only bytes count.
    package var maxEntries: Int?
    /// Values above this many bytes are stored compressed, 0 means none; `nil`:
    /// `compression_threshold`.
    package var compressionThreshold: Int?
    /// Whether entries are kept in memory beside Redis.
    package var isInMemory = true
    /// How long an entry serves from memory beside Redis; `nil`: `l1_ttl`.
    package var memoryTTL: Duration?
    /// When a write is acknowledged.
    package var sharedWrites = SharedNamespacePolicy.Writes.sync
    /// What a call gets that Redis cannot answer.
    package var onSharedFailure = SharedNamespacePolicy.FailureMode.error
    /// Which servers answer reads.
    package var sharedReads = SharedNamespacePolicy.ReadFrom.master
    /// Which changes are told.
    package var events = SharedNamespacePolicy.Events.all
    /// The pool of Redis servers that holds the entries.
    package var pool = Settings.defaultPool

    /// The defaults.
    package init() {}
}
