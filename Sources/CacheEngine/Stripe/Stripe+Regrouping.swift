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
        namespaces = new
        policies = new.segments.map { EvictionPolicy($0.policy) }
        counters = Self.carried(counters, from: old, to: new)
        for slot in order {
            guard let entry = table.slots[slot].entry else { continue }
            let bytes = entry.footprintBytes
            let index = new.index(of: entry.key)
            let segment = new.namespaces[index].segment
            let budget = old.namespaces[Int(table.slots[slot].namespace)].budget
            if budget !== new.namespaces[index].budget {
                budget.release(bytes: bytes, entries: 1)
                new.namespaces[index].budget.adopt(bytes: bytes, entries: 1)
            }
            table.slots[slot].namespace = UInt16(index)
            table.slots[slot].segment = UInt16(segment)
            policies[segment].inserted(slot, in: table.slots)
            counters[index].bytes += bytes
            counters[index].entries += 1
        }
    }

    /// Every slot in use: those without an order first, then each segment's from its next to go.
    private func slotsInOrder() -> [Int] {
        let ordered = policies.flatMap { $0.order(in: table.slots) }
        var isOrdered = [Bool](repeating: false, count: table.highWater)
        for slot in ordered { isOrdered[slot] = true }
        let others = (0..<table.highWater).filter {
            !isOrdered[$0] && table.slots[$0].storage != nil
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
