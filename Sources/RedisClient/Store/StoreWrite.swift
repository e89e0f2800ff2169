// What a write of the shared store needs to know; values that borrow bytes for one call.

package import CacheEngine

/// An entry about to be stored. Its bytes are borrowed until the call of the store returns.
package struct StoreWrite {
    /// The key, the value and what goes with it; its `ttl` is not looked at.
    package var draft: EntryDraft
    /// When the value was made.
    package var createdAt: Timestamp
    /// When the entry expires; `Timestamp.never`: not.
    package var expiresAt: Timestamp
    /// From when on it is stale; `Timestamp.never`: not before it expires.
    package var softExpiresAt = Timestamp.never
    /// Whether it says that there is no value.
    package var isNegative = false
    /// What must hold for it to be stored.
    package var condition = SetCondition.none
    /// The lease under which the value was made: it is stored only if the lease still holds.
    package var lease: FillLease?

    /// An entry about to be stored, unconditionally unless told otherwise.
    package init(draft: EntryDraft, createdAt: Timestamp, expiresAt: Timestamp) {
        self.draft = draft
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// How a change is made known, and when it is. Its bytes are borrowed until the call of the store
/// returns.
package struct StoreChange {
    /// The time of the instance: expiries are counted from it.
    package var now: Timestamp
    /// Who makes the change, at most 255 bytes; empty when unknown.
    package var writer = Change.nothing
    /// The reason given with an invalidation, at most 65,535 bytes; empty when none was.
    package var cause = Change.nothing
    /// Whether it takes a revision and becomes an event. Where it does not (`events: none`) its
    /// version is the time in microseconds since 1970.
    package var isAnnounced = true
    /// Whether the key may have a lease, which the change then ends. A namespace that never fills
    /// need not pay for it.
    package var endsLeases = true

    /// A change without a writer and a cause.
    package init(now: Timestamp) { self.now = now }
}

/// The right to fill one key, until its time is up or the key is changed.
package struct FillLease: Hashable, Sendable {
    /// What tells it from every other lease.
    let token: UInt64
}
