// What one reply may hold; a value, any thread.

/// The bounds of one reply: what is beyond them is a violation, and ends the connection.
package struct RESPLimits: Hashable, Sendable {
    /// The most aggregates inside each other.
    package var maxDepth = 16
    /// The most elements of one aggregate; a map's pair is two.
    package var maxAggregateElements = 1 << 17
    /// The most elements of all aggregates of one reply together.
    package var maxElements = 1 << 19
    /// The longest line, its end included: simple strings, errors, numbers, lengths.
    package var maxLineBytes = 64 << 10
    /// The longest blob: what the largest entry needs, and the largest INFO.
    package var maxBlobBytes = 64 << 20
    /// The most bytes of one reply altogether.
    package var maxReplyBytes = 96 << 20

    /// The defaults.
    package init() {}

    /// Limits for entries of at most `bytes`, envelope included.
    package init(maxEntryBytes bytes: Int) {
        maxBlobBytes = max(bytes, 1 << 20)
        maxReplyBytes = maxBlobBytes + (32 << 20)
    }
}
