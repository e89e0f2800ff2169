// Owns what can be said about one namespace; a value.

/// What is configured for one namespace.
package struct NamespaceConfiguration: Hashable, Sendable {
    /// The name: the part of the keys before the first `:`.
    package var name: String
    /// How long its entries live where a call does not say.
    package var ttl: TimeToLive
    /// Its own budget in bytes, overhead included; nil: none of its own.
    package var maxBytes: Int?
    /// Its own budget in entries; nil: none of its own.
    package var maxEntries: Int?
    /// How it makes room.
    package var eviction: EvictionPolicyName
    /// How it bends the times to live.
    package var lifetime: LifetimeRules

    /// A namespace. Without both budgets it shares the default's; with one of them it has a
    /// budget of its own, in bytes at most the default's.
    package init(
        name: String, ttl: TimeToLive = .inherited, maxBytes: Int? = nil, maxEntries: Int? = nil,
        eviction: EvictionPolicyName = .standard, lifetime: LifetimeRules = LifetimeRules()
    ) {
        self.name = name
        self.ttl = ttl
        self.maxBytes = maxBytes
        self.maxEntries = maxEntries
        self.eviction = eviction
        self.lifetime = lifetime
    }
}
