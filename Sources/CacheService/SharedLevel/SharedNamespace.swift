// A namespace with its policy and its pool, ready for use; immutable, any thread.

import CacheEngine
import Invalidation
package import RedisClient

/// A pool and what is stored in it.
package struct SharedPool: Sendable {
    /// The servers.
    package let servers: RedisPool
    /// The entries on them.
    package let store: SharedStore

    /// A pool.
    package init(servers: RedisPool, store: SharedStore) {
        self.servers = servers
        self.store = store
    }
}

/// A namespace as calls use it.
final class SharedNamespace: Sendable {
    let name: String
    let policy: SharedNamespacePolicy
    let pool: SharedPool
    /// How long memory may hold one of its entries.
    let heldFor: Duration
    /// What its calls did, by the event loop.
    let counters: [SharedCounters]

    init(
        name: String, policy: SharedNamespacePolicy, pools: [SharedPool], maxStaleness: Duration,
        counters: [SharedCounters]
    ) {
        precondition(pools.indices.contains(policy.pool), "the namespace's pool is there")
        self.name = name
        self.counters = counters
        self.policy = policy
        pool = pools[policy.pool]
        // Where no news of a change may come, or it comes before the change, time has to do.
        let isTold = policy.events == .all && policy.readFrom == .master
        heldFor = isTold ? policy.l1TTL : min(policy.l1TTL, maxStaleness)
    }

    /// Whether memory may hold an entry. Where changes are told by their revisions, it must have
    /// one itself: the news of its end would look older than an entry from before the namespace
    /// had events.
    func mayHold(_ stored: StoredEntry) -> Bool { policy.events == .none || stored.hasRevision }

    /// The partition of a key, counted over all pools.
    func partition(of key: UnsafeRawBufferPointer) -> Int {
        policy.pool * Partitioning.count + Partitioning.partition(of: key)
    }

    /// When an entry ends that is written now.
    func life(
        of key: UnsafeRawBufferPointer, _ ttl: TimeToLive, softNanoseconds: Int64 = .max,
        now: Timestamp, in engine: CacheEngine
    ) -> Life {
        let life = engine.life(
            of: key, ttl, softNanoseconds: softNanoseconds, standard: policy.ttl,
            rules: policy.lifetime, now: now)
        return Life(
            expiresAt: life.expiresAt.cutToMilliseconds,
            softExpiresAt: life.softExpiresAt.cutToMilliseconds)
    }
}

extension Timestamp {
    /// The moment as the shared level tells it: answers say the same before and after.
    var cutToMilliseconds: Timestamp {
        self == .never ? self : Timestamp(nanoseconds: nanoseconds - nanoseconds % 1_000_000)
    }
}
