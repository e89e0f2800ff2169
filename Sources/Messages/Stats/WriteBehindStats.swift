// Owns the counters of the writes still to be sent; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.WriteBehindStats`: writes that were acknowledged from memory and are sent to
/// the shared level in the background (`l2_writes: async`, and `on_l2_failure: serve_l1` while a
/// shard is down).
package struct WriteBehindStats: Equatable {
    /// Keys whose last write is still to be sent, or not yet answered.
    package var entries: UInt64 = 0
    /// Bytes they take.
    package var bytes: UInt64 = 0
    /// The most they may take; beyond it writes wait for the shared level as all others do.
    package var maxBytes: UInt64 = 0
    /// How long the oldest of them has been waiting; absent when there is none.
    package var oldestAge: ProtoDuration?
    /// Writes that the shared level has taken so far. Of several writes of a key that waits, only
    /// the last is sent.
    package var flushed: UInt64 = 0
    /// Attempts that failed; the write stays, and is tried again.
    package var failed: UInt64 = 0
    /// Writes whose time to live ended before the shared level could take them.
    package var dropped: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension WriteBehindStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__write_behind_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__WriteBehindStats>) {
        entries = c.pointee.entries
        bytes = c.pointee.bytes
        maxBytes = c.pointee.max_bytes
        oldestAge = ProtoDuration(c.pointee.oldest_age)
        flushed = c.pointee.flushed
        failed = c.pointee.failed
        dropped = c.pointee.dropped
    }

    func fill(_ c: inout Cachemanager__V1__WriteBehindStats, in arena: MessageArena) {
        c.entries = entries
        c.bytes = bytes
        c.max_bytes = maxBytes
        c.oldest_age = arena.makeIfPresent(oldestAge)
        c.flushed = flushed
        c.failed = failed
        c.dropped = dropped
    }
}
