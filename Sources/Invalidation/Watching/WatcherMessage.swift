// What a watcher is told; plain values, any thread.

/// Why a watcher must start afresh.
package enum ResetReason: UInt8, Sendable {
    /// The log no longer holds what came after the watcher's position.
    case historyLost = 1
    /// The watcher's position is of another life of the log.
    case epochChanged = 2
    /// The watcher read too slowly: the log no longer holds what it was not sent yet.
    case slowConsumer = 3
}

/// One message to a watcher.
package struct WatcherMessage: Sendable {
    /// What a message says.
    package enum Content: Sendable {
        /// The stream is live; whether it continues where the watcher had been.
        case subscribed(resumed: Bool)
        /// Changes in order per key: at least one, at most `WatcherHub.maxChunkEvents`.
        case events([InvalidationEvent])
        /// Nothing new, but the position moved on.
        case progress
        /// Changes were lost.
        case reset(ResetReason)
        /// The instance goes away; how long the stream stays open at most.
        case draining(grace: Duration)
    }

    /// The encoded position after this message.
    package let token: [UInt8]

    /// What the message says.
    package let content: Content
}
