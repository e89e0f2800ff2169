// Owns what writes ask and answer; values, usable on every thread.

/// What must hold for a set to be made.
package enum SetCondition: Hashable, Sendable {
    /// Nothing.
    case none
    /// The key must not exist.
    case ifAbsent
    /// The key must exist.
    case ifPresent
    /// The key must exist and have this version.
    case ifVersion(UInt64)
}

/// Why a set was not made.
package enum NotStoredReason: Hashable, Sendable {
    /// The key exists.
    case exists
    /// The key does not exist.
    case absent
    /// The key has another version.
    case versionMismatch
    /// The entry is larger than its budget, or the budget is full and nothing may be evicted.
    case noRoom
}

/// What came of a set.
package enum SetOutcome: Sendable {
    /// What the stored entry was given.
    case stored(EntryStamp)
    /// Why it is not, and the version that the key has; 0 when it does not exist.
    case notStored(NotStoredReason, currentVersion: UInt64)
}

/// What an entry was given when it was stored.
package struct EntryStamp: Hashable, Sendable {
    /// The version that the commit gave.
    package var version: UInt64
    /// When the value was stored, to the millisecond.
    package var createdAt: Timestamp
    /// When the entry expires; `Timestamp.never` when it does not.
    package var expiresAt: Timestamp

    init(_ entry: EntryView) {
        version = entry.version
        createdAt = entry.createdAt
        expiresAt = entry.expiresAt
    }
}

/// What came of a sweep.
package struct SweepOutcome: Hashable, Sendable {
    /// How many entries were removed.
    package var removed: Int
    /// Whether it stopped at its limit, and more may be due.
    package var isCutShort: Bool
}

/// What came of a delete.
package struct DeleteOutcome: Hashable, Sendable {
    /// Whether the key existed before.
    package var existed: Bool
    /// Whether the entry was removed.
    package var deleted: Bool
    /// The version of the removal, also of a key that did not exist; 0 where the condition failed.
    package var version: UInt64
    /// The version the key still has, where the condition failed; else 0.
    package var currentVersion: UInt64

    /// An outcome.
    package init(existed: Bool, deleted: Bool, version: UInt64, currentVersion: UInt64) {
        self.existed = existed
        self.deleted = deleted
        self.version = version
        self.currentVersion = currentVersion
    }

    static let absent = absent(version: 0)

    static func absent(version: UInt64) -> DeleteOutcome {
        DeleteOutcome(existed: false, deleted: false, version: version, currentVersion: 0)
    }
}

/// One page of keys.
package struct KeysPage: Sendable {
    /// The keys, in no particular order.
    package var keys: [[UInt8]]
    /// Where to go on; nil at the end.
    package var next: KeysCursor?

    /// A page.
    package init(keys: [[UInt8]], next: KeysCursor?) {
        self.keys = keys
        self.next = next
    }
}

/// A position in a walk over the keys: it holds for as long as the engine lives.
package struct KeysCursor: Hashable, Sendable {
    /// The stripe to go on in.
    package var stripe: UInt32
    /// The first hash not yet seen of that stripe.
    package var hash: UInt64

    /// A position, as taken from a cursor before.
    package init(stripe: UInt32, hash: UInt64) {
        self.stripe = stripe
        self.hash = hash
    }
}
