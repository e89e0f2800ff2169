// Owns what is known of an entry that others hold, too; a value, usable on every thread.

/// What an entry got where it is shared, and how long this cache may hold it.
package struct SharedStamp: Hashable, Sendable {
    /// The revision of the change that made it.
    package var version: UInt64
    /// When its value was stored.
    package var createdAt: Timestamp
    /// When it expires for everyone.
    package var expiresAt: Timestamp
    /// From when on it is stale for everyone; `Timestamp.never`: it never is.
    package var softExpiresAt: Timestamp
    /// How long this cache may answer with it, unless it expires before.
    package var heldUntil: Timestamp

    /// A stamp.
    package init(
        version: UInt64, createdAt: Timestamp, expiresAt: Timestamp,
        softExpiresAt: Timestamp = .never, heldUntil: Timestamp
    ) {
        self.version = version
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.softExpiresAt = softExpiresAt
        self.heldUntil = heldUntil
    }
}
