// A change of the namespaces of one stripe; under its lock.

extension Stripe {
    /// Takes another table, whose numbers of namespaces go on from this one's. Entries stay where
    /// they are: see ``handOver`` and ``regroup``. Costs nothing for each entry.
    mutating func adopt(_ new: NamespaceTable) {
        var goesOn = [Bool](repeating: false, count: policies.count)
        let known = policies
        policies = new.segments.map { segment in
            guard let former = segment.former else {
                return EvictionPolicy(segment.domain, stripe: index)
            }
            goesOn[former] = true
            return known[former]
        }
        for (segment, policy) in known.enumerated() where !goesOn[segment] { policy.destroy() }
        guests.hits.settle(with: accounts)
        guests.hits.forget()
        var carried = Self.accounts(of: new)
        for (number, heir) in new.heirs.enumerated() {
            let own = accounts[number].counters
            precondition(heir == number || own.entries == 0, "a namespace left its entries")
            carried[heir].counters.add(own)
        }
        accounts.replace(with: carried)
        namespaces = new
        uses = new.adaptsToUse ? uses ?? UseCounts() : nil
    }

    /// Takes at most `limit` entries out of the segments that are leaving, in their order, the
    /// next to go first; answers whether more may be there.
    mutating func handOver(limit: Int) -> Bool {
        var left = limit
        for segment in namespaces.leavingSegments {
            while left > 0, let slot = policies[segment].first(in: table.slots) {
                rehome(slot, to: namespaces.index(of: entry(slot).key))
                left -= 1
            }
        }
        return left == 0
    }

    /// Puts the entries of about `width` buckets from the hash `start` on into the namespace that
    /// their key has; answers where to go on.
    mutating func regroup(from start: UInt64, width: Int) -> UInt64? {
        var moving: [Int] = []
        let next = table.scan(from: start, width: width) { slot in
            if namespaces.index(of: entry(slot).key) != table.slots[slot].namespace {
                moving.append(slot)
            }
        }
        for slot in moving { rehome(slot, to: namespaces.index(of: entry(slot).key)) }
        return next
    }

    private mutating func rehome(_ slot: Int, to number: Int) {
        let bytes = table.slots.bytes(of: slot)
        let old = Int(table.slots[slot].namespace)
        let (from, to) = (namespaces.namespaces[old], namespaces.namespaces[number])
        if from.budget !== to.budget {
            from.budget.release(bytes: bytes, entries: 1)
            to.budget.adopt(bytes: bytes, entries: 1)
        }
        if from.segment != to.segment {
            policies[from.segment].removed(slot, in: table.slots)
            policies[to.segment].inserted(
                slot, hash: table.slots.hash(of: slot), in: table.slots)
        }
        table.slots[slot].namespace = UInt16(number)
        accounts[old].counters.bytes -= bytes
        accounts[old].counters.entries -= 1
        accounts[number].counters.bytes += bytes
        accounts[number].counters.entries += 1
    }
}
