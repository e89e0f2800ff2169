// How patient a feed is; a value, any thread.

/// The times of a feed.
package struct FeedTimes: Hashable, Sendable {
    /// How often each server is asked for a sign of life.
    package var pingInterval: Duration = .milliseconds(500)
    /// After how many signs of life every partition was asked, in turn, where it stands. So a
    /// change that was never published, or not here, is not missed for longer.
    package var auditPings = 4
    /// How long a server may be silent before its feed counts as lost. Less than the longest that
    /// memory may be stale, so that this is noticed before it matters.
    package var silenceLimit: Duration = .seconds(2)
    /// The longest that the answer to a question may take.
    package var answerLimit: Duration = .seconds(5)

    /// How long a server may refuse, as it does during a failover, before that is an error.
    package var refusalLimit: Duration = .seconds(10)

    /// The defaults.
    package init() {}

    /// The defaults, or shorter ones: a server that falls silent is noticed before memory has
    /// been stale for so long. But for a half second every server may be slow.
    package init(maxStaleness: Duration) {
        silenceLimit = min(silenceLimit, max(maxStaleness / 2, .milliseconds(500)))
        pingInterval = min(pingInterval, silenceLimit / 4)
    }
}
