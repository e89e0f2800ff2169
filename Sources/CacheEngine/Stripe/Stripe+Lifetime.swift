// How long the entries of one stripe live; under its lock.

extension Stripe {
    /// When the entry of a write expires.
    @inline(__always)
    mutating func expiry(of write: Write, at place: Place) -> Timestamp {
        namespaces.bendsLives
            ? bentExpiry(of: write, at: place)
            : plainExpiry(write.ttl, namespace: place.namespace, now: write.now)
    }

    /// The expiry by the namespace's rules. The soft expiry is bent, too, and uses are counted
    /// anew.
    @inline(never)
    private mutating func bentExpiry(of write: Write, at place: Place) -> Timestamp {
        let entry = entry(write.slot)
        let soft = entry.softExpiresAt
        let life = bentLife(
            write.ttl,
            softNanoseconds: soft == .never ? .max : (soft - write.now).saturatedNanoseconds,
            namespace: place.namespace, hash: write.hash, isCounted: isCounted(place.slot),
            now: write.now)
        entry.setSoftExpiry(life.softExpiresAt)
        forgetUses(write.hash, namespace: place.namespace)
        return life.expiresAt
    }

    /// How long the entry of a slot is to live after a touch. That makes no value fresh: when it
    /// is stale stays as it is.
    func life(of touch: TouchRequest, at slot: Int) -> Life {
        let namespace = Int(table.slots[slot].namespace)
        guard namespaces.bendsLives else {
            return Life(
                expiresAt: plainExpiry(touch.ttl, namespace: namespace, now: touch.now))
        }
        return bentLife(
            touch.ttl, softNanoseconds: .max, namespace: namespace, hash: touch.hash,
            isCounted: isCounted(slot), now: touch.now)
    }

    /// How often a key was used since it was last written here; nil: nobody knows.
    func uses(_ hash: UInt64, isCounted: Bool) -> Int? {
        guard let count = uses?.count(hash) else { return nil }
        return count == 0 && !isCounted ? nil : count
    }

    /// Counts a use, where the entry's namespace asks for it.
    @inline(never)
    mutating func countUse(of slot: Int, hash: UInt64) {
        let namespace = Int(table.slots[slot].namespace)
        if namespaces.namespaces[namespace].lifetime.adaptsToUse { uses?.add(hash) }
    }

    /// Counts the uses of a key anew, which is written now.
    mutating func forgetUses(_ hash: UInt64, namespace: Int) {
        guard namespaces.adaptsToUse else { return }
        if namespaces.namespaces[namespace].lifetime.adaptsToUse { uses?.forget(hash) }
    }

    /// Whether the uses of what is there were counted, so that none is a sign that nobody wants
    /// it: those of entries that never expire are not.
    func isCounted(_ slot: Int?) -> Bool {
        slot.map { entry($0).parts.contains(.expiry) } ?? false
    }

    private func bentLife(
        _ ttl: TimeToLive, softNanoseconds: Int64, namespace: Int, hash: UInt64, isCounted: Bool,
        now: Timestamp
    ) -> Life {
        let namespace = namespaces.namespaces[namespace]
        return Life(
            ttl, standard: namespace.ttlNanoseconds, softNanoseconds: softNanoseconds,
            rules: namespace.lifetime,
            uses: namespace.lifetime.adaptsToUse ? uses(hash, isCounted: isCounted) : nil,
            now: now, chance: Chance(hash, at: now))
    }

    @inline(__always)
    private func plainExpiry(_ ttl: TimeToLive, namespace: Int, now: Timestamp) -> Timestamp {
        switch ttl {
        case .inherited:
            namespaces.namespaces[namespace].ttlNanoseconds
                .map { now.advanced(byNanoseconds: $0) } ?? .never
        case .never: .never
        case .after(let duration): now + duration
        }
    }
}
