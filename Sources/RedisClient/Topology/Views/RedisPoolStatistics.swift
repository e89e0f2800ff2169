// A reading of a pool's counters and of what its servers say of themselves; values, any thread.

package import CacheEngine

/// The numbers of a pool.
package struct RedisPoolStatistics: Sendable {
    /// A shard's numbers.
    package struct Shard: Sendable {
        /// What it is and how it stands.
        package var view: RedisShardView
        /// What its server says it is: `master` or `slave`; nil: it did not answer.
        package var role: String?
        /// Connections to its master and its replicas, over all event loops.
        package var connections = 0
        /// The sums over all event loops, since the pool was made.
        package var counters = RedisShardCounters()
        /// How long commands took, in nanoseconds; one in eight is timed.
        package var latency: LatencySummary
        /// What its server says of itself; nil: it did not answer in time.
        package var server: RedisServerInfo?
    }

    /// What a cluster says of itself.
    package struct Cluster: Hashable, Sendable {
        /// `ok` or `fail`.
        package var state: String
        /// Slots whose master is well, of 16,384.
        package var slotsOK: Int
        /// All nodes, and those that nobody suspects; nil: the node did not tell.
        package var knownNodes: Int
        /// Nodes that are connected and not suspected to fail; nil: the node did not tell.
        package var healthyNodes: Int?
    }

    /// The pool's name.
    package var name: String
    /// Its shards.
    package var shards: [Shard]
    /// The cluster, as of the last refresh of the topology; nil: it is none.
    package var cluster: Cluster?
}

/// What was counted of a shard.
package struct RedisShardCounters: Hashable, Sendable {
    /// Commands that wait for their answer now.
    package var inFlight = 0
    /// Bytes that wait to be sent now.
    package var queuedBytes = 0
    /// Bytes sent.
    package var bytesSent: UInt64 = 0
    /// Bytes received.
    package var bytesReceived: UInt64 = 0
    /// Commands asked for.
    package var calls: UInt64 = 0
    /// Commands that ended without an answer, or with an error of the server.
    package var errors: UInt64 = 0
    /// Commands sent again.
    package var retries: UInt64 = 0
    /// Commands that a server sent elsewhere (MOVED, ASK).
    package var redirects: UInt64 = 0

    /// Adds another event loop's.
    mutating func add(_ other: RedisShardCounters) {
        inFlight += other.inFlight
        queuedBytes += other.queuedBytes
        bytesSent += other.bytesSent
        bytesReceived += other.bytesReceived
        calls += other.calls
        errors += other.errors
        retries += other.retries
        redirects += other.redirects
    }
}
