// What the queue of pending writes tells its owner; values.

package import RedisClient

/// Something that an operator should read, once.
package enum WriteBehindReport: Sendable, Hashable {
    /// Writes to a shard fail, and wait. It comes once, however many of them fail.
    case stalled(WriteBehindTrouble, RedisError)
    /// They go through again.
    case recovered(WriteBehindTrouble)
}

/// One reason for which the writes to one shard wait.
package struct WriteBehindTrouble: Sendable, Hashable {
    /// What an operator can do something about in different places.
    package enum Kind: String, Sendable, Hashable {
        /// The shard does not answer: the network, or the server.
        case unreachable
        /// It answers and refuses: its memory, its rights, its data.
        case refused
    }

    /// The shard's name; nil: none is known for the partition.
    package let shard: String?
    /// What kind it is.
    package let kind: Kind

    init(_ error: RedisError) {
        shard = error.shard
        kind =
            switch error.code {
            case .accessRefused, .server, .outOfMemory, .incompatible: .refused
            case .connectFailed, .connectionLost, .timedOut, .overloaded, .breakerOpen, .noShard,
                .protocolViolation, .closed:
                .unreachable
            }
    }
}

/// Counters of the queue.
package struct WriteBehindStatistics: Sendable, Hashable {
    /// Keys with a pending write.
    package var entries = 0
    /// Bytes they take.
    package var bytes = 0
    /// The most they may take.
    package var maxBytes = 0
    /// How long the oldest of them has been waiting; nil when there is none.
    package var oldestAge: Duration?
    /// Writes that the shared level has taken.
    package var flushed: UInt64 = 0
    /// Attempts that failed.
    package var failed: UInt64 = 0
    /// Entries whose time was up before they were taken: their keys were removed instead.
    package var dropped: UInt64 = 0
}
