// What the cache service bounds in requests and streams; made from the settings.

/// Bounds on what callers may ask for.
package struct ServiceLimits: Sendable {
    /// The largest key, in bytes of UTF-8.
    package static let keyBytes = 1_024
    /// The largest content type, in bytes.
    package static let contentTypeBytes = 255
    /// The most metadata pairs of an entry.
    package static let metadataPairs = 64
    /// The most bytes of an entry's metadata, names and values together.
    package static let metadataBytes = 8 << 10
    /// The most tags of an entry.
    package static let tags = 32
    /// The largest tag, in bytes.
    package static let tagBytes = 256
    /// The largest reason given to Invalidate, in bytes.
    package static let reasonBytes = 256
    /// The largest name of a writer, in bytes.
    package static let originBytes = 128
    /// The longest time to live.
    package static let ttl: Duration = .seconds(10 * 365 * 86_400)
    /// The most keys of one page, and how many there are when none is asked.
    package static let pageKeys = (most: 10_000, standard: 1_000)
    /// The most patterns of one subscriber.
    package static let patterns = 100
    /// The most bytes of a subscriber's patterns together: each is tried on every event.
    package static let patternBytes = 4 << 10
    /// The heartbeat of a subscriber: its bounds, and what it is when none is asked.
    package static let heartbeat = (
        least: Duration.seconds(1), most: Duration.seconds(3_600), standard: Duration.seconds(30)
    )
    /// The most that Stats lists of each kind of what is used most.
    package static let topEntries = 100
    /// The longest that a subscriber waits for a history that servers elsewhere have.
    package static let historyWait: Duration = .seconds(5)

    /// The largest value, in bytes.
    package var valueBytes = 1 << 20
    /// The most keys of one batch.
    package var batchKeys = 1_000
    /// The most bytes of values in the answer to one batch.
    package var replyBytes = 4 << 20
    /// Unsent bytes of a subscriber from which on it is slow.
    package var watcherBytes = 256 << 10

    /// The defaults.
    package init() {}
}
