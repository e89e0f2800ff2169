// Owns the values of one configured namespace; a value type.

/// What makes room when a namespace's budget is full.
package enum NamespaceEviction: String, Sendable, Equatable, CaseIterable {
    /// The entry used longest ago goes.
    case leastRecentlyUsed = "lru"
    /// Nothing goes; a new entry is not stored.
    case never = "none"
}

/// The settings of the keys whose part before the first `:` is one configured name.
package struct NamespaceSettings: Sendable, Equatable {
    /// How long an entry lives when its writer does not say so; `nil`: `default_ttl`.
    package var ttl: Duration?
    /// What makes room when the budget is full.
    package var eviction = NamespaceEviction.leastRecentlyUsed
    /// The namespace's own part of the server's bytes; `nil`: it shares the rest.
    package var maxBytes: Int?
    /// The cap of entries beside ``maxBytes``; `nil`: only bytes count.
    package var maxEntries: Int?

    /// The defaults.
    package init() {}
}
