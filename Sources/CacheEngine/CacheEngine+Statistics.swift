// What the engine counted; any thread.

import Locks

extension CacheEngine {
    /// Reads the counters, stripe by stripe.
    public func statistics() -> EngineStatistics {
        var sums: [[UInt8]: Counters] = [:]
        var evicted = EvictionPolicyName.allCases.map { _ in EvictionCounts() }
        for index in 0..<stripes.count {
            let read = stripes.withLock(index) { stripe in
                stripe.guests.hits.settle(with: stripe.accounts)
                return (
                    stripe.namespaces.namespaces, stripe.accounts.elements.map(\.counters),
                    stripe.evicted.elements
                )
            }
            for (namespace, counters) in zip(read.0, read.1) {
                sums[namespace.name, default: Counters()].add(counters)
            }
            for (policy, counts) in read.2.enumerated() { evicted[policy].add(counts) }
        }
        let namespaces = current.withLock { $0 }
        let configured = namespaces.configured.map { namespaces.namespaces[$0] }
        // What was a namespace before, the default has.
        var others = sums
        for namespace in configured { others[namespace.name] = nil }
        for counters in others.values {
            sums[namespaces.first.name, default: Counters()].add(counters)
        }
        var totals = Counters()
        let each = configured.map { namespace in
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
