// Owns what can be said about one namespace; a value.

/// What is configured for one namespace.
public struct NamespaceConfiguration: Hashable, Sendable {
    /// The name: the part of the keys before the first `:`.
    public var name: String
    /// How long its entries live where a call does not say.
    public var ttl: TimeToLive
    /// Its own budget in bytes, overhead included; nil: none of its own.
    public var maxBytes: Int?
    /// Its own budget in entries; nil: none of its own.
    public var maxEntries: Int?
    /// How it makes room.
    public var eviction: EvictionPolicyName
    /// How it bends the times to live.
    public var lifetime: LifetimeRules

    /// A namespace. Without both budgets it shares the default's; with one of them it has a
    /// budget of its own, in bytes at most the default's.
    public init(
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
