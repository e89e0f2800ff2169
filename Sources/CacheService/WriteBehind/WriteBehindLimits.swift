// What the queue of pending writes may take, and how it tries again; a value.

/// The bounds of a ``WriteBehindQueue``.
package struct WriteBehindLimits: Sendable {
    /// The most bytes that pending writes may take.
    package var maxBytes = 64 << 20
    /// The most keys that may have one.
    package var maxEntries = 1_000_000
    /// The most writes of a partition that are being sent at once.
    package var flightsPerPartition = 16
    /// The most writes that one turn of an event loop begins to send.
    package var flightsPerTurn = 256
    /// How long a partition waits after its first failure; twice as long after each further one.
    package var firstPause: Duration = .milliseconds(50)
    /// The longest it waits.
    package var longestPause: Duration = .seconds(2)
    /// How much a wait may be shorter than that, as a share of it: so that not all come at once.
    package var jitter = 0.5

    /// The defaults.
    package init() {}
}
