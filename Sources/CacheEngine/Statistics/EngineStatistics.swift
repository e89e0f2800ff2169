// Owns a reading of the engine's counters; a value, usable on every thread.

/// The counters of one namespace.
package struct NamespaceStatistics: Hashable, Sendable {
    /// The namespace.
    package var name: String
    /// Its counters.
    package var counters: Counters
    /// How it makes room.
    package var policy: EvictionPolicyName
}

/// What a policy evicted in all namespaces together.
package struct PolicyStatistics: Hashable, Sendable {
    /// The policy.
    package var policy: EvictionPolicyName
    /// How many entries, and why.
    package var evicted: EvictionCounts
}

/// The counters of the engine. Each stripe is read at its own moment.
package struct EngineStatistics: Hashable, Sendable {
    /// The sum; its `maxBytes` counts a shared budget once.
    package var totals: Counters
    /// One for each configured namespace, the default first.
    package var namespaces: [NamespaceStatistics]
    /// One for each policy that evicted anything since the engine was made, also where another
    /// one has its place by now.
    package var policies: [PolicyStatistics]
}
