// What came of a write of the shared store; values, any thread.

package import CacheEngine
package import Invalidation

/// What came of a set.
package enum StoreOutcome: Hashable, Sendable {
    /// It is stored, with this version.
    case stored(version: UInt64)
    /// Why it is not, and the version that the key has; 0 when it does not exist.
    case notStored(NotStoredReason, currentVersion: UInt64)
    /// The lease under which the value was made is gone: the key was changed, or the lease's time
    /// was up. The version that the key has; 0 when it does not exist.
    case leaseLost(currentVersion: UInt64)
}

/// What came of a touch that found its entry.
package struct TouchedEntry: Hashable, Sendable {
    /// The version that the touch gave the entry.
    package let version: UInt64
    /// When the entry expires now; `Timestamp.never` when it does not.
    package let expiresAt: Timestamp
}

/// What a removal by SCAN removes.
package enum StoreSelection: Sendable {
    /// Every entry whose key matches.
    case pattern(Glob)
    /// Every entry with this tag.
    case tag([UInt8])
    /// Every entry.
    case everything
}

/// A position in a walk over the keys of all shards.
package struct StoreCursor: Hashable, Sendable {
    /// Which shard: the hash of its name.
    package var shard: UInt64
    /// The server's own cursor.
    package var position: UInt64

    /// A position, as taken from a cursor before.
    package init(shard: UInt64, position: UInt64) {
        self.shard = shard
        self.position = position
    }
}

/// One page of keys.
package struct StoreKeysPage: Sendable {
    /// The keys, in no particular order.
    package var keys: [[UInt8]]
    /// Where to go on; nil at the end.
    package var next: StoreCursor?
}
