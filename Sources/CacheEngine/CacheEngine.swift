// Owns the stripes and the configuration in force; every call may come from every thread.

import Locks
import Synchronization

/// A striped in-memory cache with budgets, expiry, versions and coalesced loads.
///
/// It does no I/O and has no clock: callers pass `now`. Keys travel as borrowed bytes and belong
/// to the namespace before their first `:`, where that is configured, else to the default.
/// A call takes at most one stripe's lock at a time and frees nothing while it holds it.
package final class CacheEngine: Sendable {
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
    ///   - partitions: How many partitions there are, where the entries are shared with others;
    ///     0 where they are not. See `CacheEngine+Sharing.swift`.
    ///   - commit: Takes the revision of each change: see ``Commit``.
    package init(
        configuration: EngineConfiguration, hashSeed: (UInt64, UInt64), partitions: Int = 0,
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
        stripes = StripeArray(count: configuration.stripeCount) { index in
            Stripe(
                index, namespaces: namespaces, coherence: coherence, arena: arena,
                largest: LargestEntries(stripes: configuration.stripeCount), commit: commit)
        }
        mayInheritTTL.store(namespaces.hasTTL, ordering: .relaxed)
    }

    deinit { stripes.deallocate() }

    /// Applies a configuration to the living cache: entries move to the namespaces it gives
    /// them, keep their expiry, and leave where a budget shrank. Counters of a namespace that is
    /// gone go to the default. `stripes` is not applied.
    ///
    /// Each stripe is locked for one pass over its entries. New limits hold from the beginning;
    /// a budget that gets smaller, or entries from another namespace, is exceeded until this
    /// returns.
    package func reconfigure(_ configuration: EngineConfiguration) {
        reconfiguring.withLock { _ in
            let old = current.withLock { $0 }
            let namespaces = NamespaceTable(configuration, continuing: old)
            mayInheritTTL.store(old.hasTTL || namespaces.hasTTL, ordering: .relaxed)
            for index in 0..<stripes.count {
                stripes.withLock(index) { $0.regroup(namespaces) }
            }
            current.withLock { $0 = namespaces }
            mayInheritTTL.store(namespaces.hasTTL, ordering: .relaxed)
            for budget in namespaces.budgets { shrink(budget) }
        }
    }

    /// Reads the counters, stripe by stripe.
    package func statistics() -> EngineStatistics {
        var sums: [[UInt8]: Counters] = [:]
        var evicted = EvictionPolicyName.allCases.map { _ in EvictionCounts() }
        for index in 0..<stripes.count {
            let read = stripes.withLock(index) { stripe in
                var sums: [[UInt8]: Counters] = [:]
                stripe.addCounters(to: &sums)
                return (sums, Array(stripe.evicted.elements))
            }
            for (name, counters) in read.0 { sums[name, default: Counters()].add(counters) }
            for (policy, counts) in read.1.enumerated() { evicted[policy].add(counts) }
        }
        let namespaces = current.withLock { $0 }
        var totals = Counters()
        let each = namespaces.namespaces.map { namespace in
            var counters = sums[namespace.name] ?? Counters()
            counters.maxBytes = namespace.budget.maxBytes
            totals.add(counters)
            return NamespaceStatistics(
                name: String(decoding: namespace.name, as: UTF8.self), counters: counters,
                policy: namespaces.segments[namespace.segment].domain.policy)
        }
        for budget in namespaces.budgets {
            totals.maxBytes = totals.maxBytes.addingSaturated(budget.maxBytes)
        }
        let policies = zip(EvictionPolicyName.allCases, evicted).filter { $1.total > 0 }
        return EngineStatistics(
            totals: totals, namespaces: each,
            policies: policies.map { PolicyStatistics(policy: $0, evicted: $1) })
    }
}

extension Int {
    fileprivate func addingSaturated(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
