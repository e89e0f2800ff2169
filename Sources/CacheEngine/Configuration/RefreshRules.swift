// Owns when a loaded entry is loaded anew; pure functions.

/// How entries are kept fresh that are there.
public struct RefreshRules: Hashable, Sendable {
    /// From which part of its life on an entry is refreshed by whoever reads it, before it is stale
    /// or expires; nil: not before. With 0.8 an entry of ten minutes is refreshed in its last two,
    /// so that a key that is read often is never late.
    public var aheadFrom: Double?
    /// For how long a key is left alone whose refresh has failed: meanwhile readers get what there
    /// is, and the loader has its peace.
    public var pauseAfterFailure: Duration

    /// Rules; by default an entry is refreshed when it is stale, not ahead of that.
    public init(aheadFrom: Double? = nil, pauseAfterFailure: Duration = .seconds(1)) {
        self.aheadFrom = aheadFrom
        self.pauseAfterFailure = pauseAfterFailure
    }

    /// Whether a reader should have an entry loaded anew.
    func isDue(
        createdAt: Timestamp, softExpiresAt: Timestamp, expiresAt: Timestamp, now: Timestamp
    ) -> Bool {
        let end = min(softExpiresAt, expiresAt)
        if end <= now { return true }
        guard let aheadFrom, end != .never else { return false }
        let life = Double(end.nanoseconds) - Double(createdAt.nanoseconds)
        let passed = Double(now.nanoseconds) - Double(createdAt.nanoseconds)
        return life > 0 && passed >= aheadFrom * life
    }
}
