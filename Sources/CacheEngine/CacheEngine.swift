// Owns the stripes and the configuration in force; every call may come from every thread.

import Locks
import Synchronization

/// A striped in-memory cache with budgets, expiry, versions and coalesced loads.
///
/// It does no I/O and has no clock: callers pass `now`. Keys travel as borrowed bytes and belong
/// to the namespace before their first `:`, where that is configured, else to the default.
/// A call takes at most one stripe's lock at a time and frees nothing while it holds it.
public final class CacheEngine: Sendable {
    let stripes: StripeArray
    let coherence: CoherenceTable
    let hasher: SipHash
    let arena: EntryArena
    /// Whether an entry without a time to live of its own may get one from its namespace.
    let mayInheritTTL = Atomic<Bool>(false)
    let analytics: Analytics
    /// Where the next search for room, and the next sweep, begins.
    let roomHand = Atomic<Int>(0)
    let sweepHand = Atomic<Int>(0)
    let current: Locked<NamespaceTable>
    /// Held for the length of a reconfiguration: they come one after the other.
    let reconfiguring = Locked(())

    /// An empty cache.
    ///
    /// - Parameters:
    ///   - configuration: What is configured; `reconfigure` changes it later.
    ///   - hashSeed: Random and secret: it keeps clients from choosing keys that collide.
    ///   - commit: Takes the revision of each change: see ``Commit``.
    public convenience init(
        configuration: EngineConfiguration, hashSeed: (UInt64, UInt64), commit: @escaping Commit
    ) {
        self.init(
            configuration: configuration, hashSeed: hashSeed, partitions: 0, commit: commit)
    }

    /// An empty cache of entries that are shared with others, in so many partitions; 0: it shares
    /// none. See `CacheEngine+Sharing.swift`.
    package init(
        configuration: EngineConfiguration, hashSeed: (UInt64, UInt64), partitions: Int,
        commit: @escaping Commit
    ) {
        let namespaces = NamespaceTable(configuration)
        let coherence = CoherenceTable(partitions: partitions)
        self.coherence = coherence
        let hasher = SipHash(seed: hashSeed)
        let arena = EntryArena(hasher: hasher)
        self.hasher = hasher
        self.arena = arena
        analytics = Analytics(hasher: hasher)
        current = Locked(namespaces)
        stripes = StripeArray(count: configuration.stripeCount) { index, guests in
            Stripe(
                index, guests: guests, namespaces: namespaces,
                coherence: coherence, arena: arena,
                largest: LargestEntries(stripes: configuration.stripeCount), commit: commit)
        }
        mayInheritTTL.store(namespaces.hasTTL, ordering: .relaxed)
    }

    deinit { stripes.deallocate() }
}
