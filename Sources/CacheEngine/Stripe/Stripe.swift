// Owns one part of the cache: its entries, their order, their accounts, its flights. Everything
// here runs under the stripe's lock, and takes no other one but a flight's.

/// One stripe. The aspects are in `Stripe+….swift`; here is what they share.
struct Stripe: ~Copyable, @unchecked Sendable {  // holds: see `StripeArray`
    // What a hit reads comes first, on one cache line: the accounts, the seats, and the beginning
    // of the table.
    /// One for each namespace.
    var accounts: Row<Account>
    var guests: Guests
    var table: EntryTable
    /// One for each segment; destroyed here.
    var policies: [EvictionPolicy]
    let coherence: CoherenceTable
    /// Nil where no namespace asks.
    var uses: UseCounts?
    /// How many evictions had to choose between segments.
    var turns: UInt64 = 0
    let index: Int
    var namespaces: NamespaceTable
    var flights = FlightTable()
    var refreshPauses = RefreshPauses()
    var largest: LargestEntries
    /// What each policy evicted since the engine was made, in the order of their names.
    var evicted = Row(EvictionPolicyName.allCases.map { _ in EvictionCounts() })
    let commit: Commit

    init(
        _ index: Int = 0, guests: Guests, namespaces: NamespaceTable, coherence: CoherenceTable,
        arena: EntryArena, largest: LargestEntries = LargestEntries(stripes: 1),
        commit: @escaping Commit
    ) {
        self.index = index
        self.guests = guests
        table = EntryTable(arena: arena)
        self.namespaces = namespaces
        self.coherence = coherence
        self.largest = largest
        self.commit = commit
        policies = namespaces.segments.map { EvictionPolicy($0.domain, stripe: index) }
        accounts = Row(Self.accounts(of: namespaces))
        uses = namespaces.adaptsToUse ? UseCounts() : nil
    }

    deinit {
        for policy in policies { policy.destroy() }
        accounts.deallocate()
        evicted.deallocate()
    }

    @inline(__always)
    var arena: EntryArena { table.arena }

    /// The entry of a slot, as long as it is in the table.
    @inline(__always)
    func entry(_ slot: Int) -> EntryView { table.slots.entry(slot) }

    /// The segment whose policy has the slot in its order.
    @inline(__always)
    func segment(of slot: Int) -> Int { accounts[Int(table.slots[slot].namespace)].segment }

    /// Empty accounts of all namespaces of a table.
    static func accounts(of table: NamespaceTable) -> [Account] {
        table.namespaces.map { Account(segment: $0.segment, of: table.segments) }
    }

    /// How an entry leaves.
    enum Departure {
        case deletion, eviction(EvictionReason), expiration, invalidation
    }

    /// The slot of `key` if it is there and not expired; an expired one is removed on the way.
    mutating func liveSlot(
        _ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp, garbage: inout Garbage
    ) -> Int? {
        guard let slot = table.find(key, hash: hash) else { return nil }
        if !entry(slot).isOver(at: now) { return slot }
        expire(slot, garbage: &garbage)
        return nil
    }

    /// Removes an entry whose time is up, and says so to the world.
    mutating func expire(_ slot: Int, garbage: inout Garbage) {
        commitExpiration(of: slot)
        remove(slot, by: .expiration, garbage: &garbage)
    }

    /// Removes an entry and gives its room back to its budget.
    mutating func remove(_ slot: Int, by departure: Departure, garbage: inout Garbage) {
        let budget = namespaces.namespaces[Int(table.slots[slot].namespace)].budget
        let bytes = take(slot, by: departure, garbage: &garbage)
        budget.release(bytes: bytes, entries: 1)
    }

    /// Removes an entry; answers the bytes of room that are the caller's to give back.
    mutating func take(_ slot: Int, by departure: Departure, garbage: inout Garbage) -> Int {
        let namespace = Int(table.slots[slot].namespace)
        let segment = segment(of: slot)
        policies[segment].removed(slot, in: table.slots)
        largest.removed(slot)
        table.remove(slot)
        let bytes = table.slots.bytes(of: slot)
        accounts[namespace].counters.entries -= 1
        accounts[namespace].counters.bytes -= bytes
        switch departure {
        case .deletion: accounts[namespace].counters.deletes += 1
        case .eviction(let reason):
            accounts[namespace].counters.evicted[reason] += 1
            evicted[namespaces.segments[segment].domain.policyIndex][reason] += 1
        case .expiration: accounts[namespace].counters.expirations += 1
        case .invalidation: accounts[namespace].counters.invalidations += 1
        }
        guests.letGo(slot, into: &garbage)
        return bytes
    }

    func commitExpiration(of slot: Int) {
        let key = entry(slot).key
        _ = commit(
            Change(kind: .expire, key: key, writer: Change.nothing, cause: Change.nothing))
    }
}
