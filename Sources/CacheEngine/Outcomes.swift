// Owns what writes ask and answer; values, usable on every thread.

/// What must hold for a set to be made.
public enum SetCondition: Hashable, Sendable {
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
public enum NotStoredReason: Hashable, Sendable {
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
public enum SetOutcome: Sendable {
    /// What the stored entry was given.
    case stored(EntryStamp)
    /// Why it is not, and the version that the key has; 0 when it does not exist.
    case notStored(NotStoredReason, currentVersion: UInt64)
}

/// What an entry was given when it was stored.
public struct EntryStamp: Hashable, Sendable {
    /// The version that the commit gave.
    public var version: UInt64
    /// When the value was stored, to the millisecond.
    public var createdAt: Timestamp
    /// When the entry expires; `Timestamp.never` when it does not.
    public var expiresAt: Timestamp

    init(_ entry: EntryView) {
        version = entry.version
        createdAt = entry.createdAt
        expiresAt = entry.expiresAt
    }
}

/// What came of a sweep.
public struct SweepOutcome: Hashable, Sendable {
    /// How many entries were removed.
    public var removed: Int
    /// Whether it stopped at its limit, and more may be due.
    public var isCutShort: Bool
}

/// What came of a delete.
public struct DeleteOutcome: Hashable, Sendable {
    /// Whether the key existed before.
    public var existed: Bool
    /// Whether the entry was removed.
    public var deleted: Bool
    /// The version of the removal, also of a key that did not exist; 0 where the condition failed.
    public var version: UInt64
    /// The version the key still has, where the condition failed; else 0.
    public var currentVersion: UInt64

    /// An outcome.
    public init(existed: Bool, deleted: Bool, version: UInt64, currentVersion: UInt64) {
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
public struct KeysPage: Sendable {
    /// The keys, in no particular order.
    public var keys: [[UInt8]]
    /// Where to go on; nil at the end.
    public var next: KeysCursor?

    /// A page.
    public init(keys: [[UInt8]], next: KeysCursor?) {
        self.keys = keys
        self.next = next
    }
}

/// A position in a walk over the keys: it holds for as long as the engine lives.
public struct KeysCursor: Hashable, Sendable {
    /// The stripe to go on in.
    public var stripe: UInt32
    /// The first hash not yet seen of that stripe.
    public var hash: UInt64

    /// A position, as taken from a cursor before.
    public init(stripe: UInt32, hash: UInt64) {
        self.stripe = stripe
        self.hash = hash
    }
}
