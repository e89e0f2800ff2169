// Changes of the configuration; any thread, one after the other.

import Locks
import Synchronization

extension CacheEngine {
    /// How many entries one turn under a lock gives another namespace: some microseconds.
    static let entriesPerMove = 64

    /// Applies a configuration to the living cache: entries move to the namespaces it gives
    /// them, keep their expiry, and leave where a budget shrank. Counters of a namespace that is
    /// gone go to the default. `stripes` is not applied.
    ///
    /// Where names, budgets and policies stay, nothing is looked at. Else entries move in turns
    /// of a few under a stripe's lock. Entries whose policy goes out of use keep their order in
    /// the next one; those that leave a policy which others go on with get there in any order.
    ///
    /// New limits hold from the beginning; a budget that gets smaller, or entries from another
    /// namespace, is exceeded until this returns.
    public func reconfigure(_ configuration: EngineConfiguration) {
        reconfiguring.withLock { _ in
            let old = current.withLock { $0 }
            let namespaces = NamespaceTable(configuration, continuing: old)
            mayInheritTTL.store(old.hasTTL || namespaces.hasTTL, ordering: .relaxed)
            adopt(namespaces)
            if namespaces.movesEntries {
                for index in 0..<stripes.count { move(index) }
                adopt(namespaces.settled)
            }
            mayInheritTTL.store(namespaces.hasTTL, ordering: .relaxed)
            for budget in current.withLock({ $0.budgets }) { shrink(budget) }
        }
    }

    private func adopt(_ namespaces: NamespaceTable) {
        for index in 0..<stripes.count { stripes.withLock(index) { $0.adopt(namespaces) } }
        current.withLock { $0 = namespaces }
    }

    private func move(_ index: Int) {
        while stripes.withLock(index, { $0.handOver(limit: Self.entriesPerMove) }) {}
        var next: UInt64? = 0
        while let start = next {
            next = stripes.withLock(index) {
                $0.regroup(from: start, width: Self.entriesPerMove)
            }
        }
    }
}
