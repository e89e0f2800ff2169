// How long entries live that are written elsewhere; any thread.

extension CacheEngine {
    /// When an entry ends that is written now to where it is shared, by a namespace's rules and
    /// what this cache knows of the key's use, which it counts anew from here on.
    ///
    /// - Parameters:
    ///   - softNanoseconds: After how long its value is stale; the largest number: never.
    ///   - standard: The namespace's time to live; nil: for good.
    package func life(
        of key: UnsafeRawBufferPointer, _ ttl: TimeToLive, softNanoseconds: Int64 = .max,
        standard: Duration?, rules: LifetimeRules, now: Timestamp
    ) -> Life {
        let standard = standard?.saturatedNanoseconds
        // Nobody asks for the hash where no life is bent.
        guard rules != LifetimeRules() else {
            return Life(
                ttl, standard: standard, softNanoseconds: softNanoseconds, rules: rules, uses: nil,
                now: now, chance: Chance(0))
        }
        let hash = hasher.hash(key)
        let uses = rules.adaptsToUse ? takeUses(of: key, hash: hash) : nil
        return Life(
            ttl, standard: standard, softNanoseconds: softNanoseconds, rules: rules, uses: uses,
            now: now, chance: Chance(hash, at: now))
    }

    private func takeUses(of key: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        stripes.withLock(stripes.index(of: hash)) { stripe in
            let slot = stripe.table.find(key, hash: hash)
            defer { stripe.uses?.forget(hash) }
            return stripe.uses(hash, isCounted: stripe.isCounted(slot))
        }
    }
}
