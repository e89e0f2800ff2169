// A change of the namespaces of one stripe; under its lock.

extension Stripe {
    /// Puts every entry into the namespace, policy and budget that `new` gives it.
    ///
    /// Entries keep their order of use within what was one segment; expiries stay as they are.
    /// Counters of a namespace that is gone are added to the default's. Costs one pass over the
    /// stripe's entries; budgets may be exceeded afterwards until `shrink` has run.
    mutating func regroup(_ new: NamespaceTable) {
        let order = slotsInOrder()
        let old = namespaces
        let (oldPolicies, oldSegments) = (policies, segments.elements)
        namespaces = new
        policies = new.segments.map { segment in
            let known = old.segments.firstIndex { $0.domain === segment.domain }
            return known.map { oldPolicies[$0] } ?? EvictionPolicy(segment.domain, stripe: index)
        }
        counters.replace(with: Self.carried(counters.elements, from: old, to: new))
        segments.replace(with: new.namespaces.map(\.segment))
        for slot in order {
            let bytes = entry(slot).footprintBytes
            let index = new.index(of: entry(slot).key)
            let budget = old.namespaces[Int(table.slots[slot].namespace)].budget
            if budget !== new.namespaces[index].budget {
                budget.release(bytes: bytes, entries: 1)
                new.namespaces[index].budget.adopt(bytes: bytes, entries: 1)
            }
            let oldSegment = oldSegments[Int(table.slots[slot].namespace)]
            table.slots[slot].namespace = UInt16(index)
            if old.segments[oldSegment].domain !== new.segments[segments[index]].domain {
                oldPolicies[oldSegment].removed(slot, in: table.slots)
                policies[segments[index]].inserted(
                    slot, hash: table.slots.hash(of: slot), in: table.slots)
            }
            counters[index].bytes += bytes
            counters[index].entries += 1
        }
        for (segment, policy) in zip(old.segments, oldPolicies)
        where !new.segments.contains(where: { $0.domain === segment.domain }) {
            policy.destroy()
        }
    }

    /// Every slot in use: those without an order first, then each segment's from its next to go.
    private func slotsInOrder() -> [Int] {
        let ordered = policies.flatMap { $0.order(in: table.slots) }
        let known = Set(ordered)
        var others: [Int] = []
        var next: UInt64? = 0
        while let start = next {
            next = table.scan(from: start, width: 1_024) { slot in
                if !known.contains(slot) { others.append(slot) }
            }
        }
        return others + ordered
    }

    private static func carried(
        _ counters: [Counters], from old: NamespaceTable, to new: NamespaceTable
    ) -> [Counters] {
        var carried = new.namespaces.map { _ in Counters() }
        for (index, namespace) in old.namespaces.enumerated() {
            let heir = new.namespaces.firstIndex { $0.name == namespace.name } ?? 0
            carried[heir].add(counters[index])
        }
        for index in carried.indices {
            carried[index].bytes = 0
            carried[index].entries = 0
        }
        return carried
    }
}
