// Owns one part of the cache: its entries, their order, their accounts, its flights. Everything
// here runs under the stripe's lock, and takes no other one but a flight's.

/// One stripe. The aspects are in `Stripe+….swift`; here is what they share.
struct Stripe: ~Copyable, @unchecked Sendable {  // holds: lives in a `Locked` and never leaves it
    var table = EntryTable()
    var namespaces: NamespaceTable
    /// One for each segment.
    var policies: [EvictionPolicy]
    /// One for each namespace.
    var counters: [Counters]
    var flights = FlightTable()
    let coherence: CoherenceTable
    let commit: Commit

    init(namespaces: NamespaceTable, coherence: CoherenceTable, commit: @escaping Commit) {
        self.namespaces = namespaces
        self.coherence = coherence
        self.commit = commit
        policies = namespaces.segments.map { EvictionPolicy($0.policy) }
        counters = namespaces.namespaces.map { _ in Counters() }
    }

    /// How an entry leaves.
    enum Departure {
        case deletion, eviction, expiration, invalidation
    }

    /// The slot of `key` if it is there and not expired; an expired one is removed on the way.
    mutating func liveSlot(
        _ key: UnsafeRawBufferPointer, hash: UInt64, now: Timestamp, garbage: inout Garbage
    ) -> Int? {
        guard let slot = table.find(key, hash: hash) else { return nil }
        if table.slots[slot].expiresAt > now { return slot }
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
        let segment = Int(table.slots[slot].segment)
        policies[segment].removed(slot, in: table.slots)
        let entry = table.remove(slot)
        let bytes = entry.footprintBytes
        counters[namespace].entries -= 1
        counters[namespace].bytes -= bytes
        switch departure {
        case .deletion: counters[namespace].deletes += 1
        case .eviction: counters[namespace].evictions += 1
        case .expiration: counters[namespace].expirations += 1
        case .invalidation: counters[namespace].invalidations += 1
        }
        garbage.add(entry)
        return bytes
    }

    func commitExpiration(of slot: Int) {
        guard let entry = table.slots[slot].entry else { return }
        withExtendedLifetime(entry) {
            _ = commit(
                Change(
                    kind: .expire, key: entry.key, writer: Change.nothing, cause: Change.nothing))
        }
    }

    /// When an entry of `namespace` that is written now expires.
    func expiry(_ ttl: TimeToLive, namespace: Int, now: Timestamp) -> Timestamp {
        switch ttl {
        case .inherited:
            namespaces.namespaces[namespace].ttlNanoseconds
                .map { now.advanced(byNanoseconds: $0) } ?? .never
        case .never: .never
        case .after(let duration): now + duration
        }
    }
}
