// Owns a reading of the engine's counters; a value, usable on every thread.

/// The counters of one namespace.
package struct NamespaceStatistics: Hashable, Sendable {
    /// The namespace.
    package var name: String
    /// Its counters.
    package var counters: Counters
}

/// The counters of the engine. Each stripe is read at its own moment.
package struct EngineStatistics: Hashable, Sendable {
    /// The sum; its `maxBytes` counts a shared budget once.
    package var totals: Counters
    /// One for each configured namespace, the default first.
    package var namespaces: [NamespaceStatistics]
}
