// Owns a reading of the engine's counters; a value, usable on every thread.

/// The counters of one namespace.
public struct NamespaceStatistics: Hashable, Sendable {
    /// The namespace.
    public var name: String
    /// Its counters.
    public var counters: Counters
    /// How it makes room.
    public var policy: EvictionPolicyName
}

/// What a policy evicted in all namespaces together.
public struct PolicyStatistics: Hashable, Sendable {
    /// The policy.
    public var policy: EvictionPolicyName
    /// How many entries, and why.
    public var evicted: EvictionCounts
}

/// The counters of the engine. Each stripe is read at its own moment.
public struct EngineStatistics: Hashable, Sendable {
    /// The sum; its `maxBytes` counts a shared budget once.
    public var totals: Counters
    /// One for each configured namespace, the default first.
    public var namespaces: [NamespaceStatistics]
    /// One for each policy that evicted anything since the engine was made, also where another
    /// one has its place by now.
    public var policies: [PolicyStatistics]
}
