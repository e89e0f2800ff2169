// Makes entries that are in no table; runs on the calling thread.

extension CacheEntry {
    /// Where entries live that are in no table.
    private static let pendingArena = EntryArena(hasher: SipHash(seed: (0, 0)))

    /// An entry that waits to be stored elsewhere: it has no version yet.
    package static func pending(
        _ draft: EntryDraft, createdAt: Timestamp, _ life: Life
    ) -> CacheEntry {
        let mayExpire = life.expiresAt != .never
        let slot = pendingArena.make(draft, createdAt: createdAt, mayExpire: mayExpire)
        let entry = pendingArena.slots.entry(slot)
        entry.setSoftExpiry(life.softExpiresAt)
        entry.publish(version: 0, expiresAt: life.expiresAt)
        return CacheEntry(taking: slot, of: pendingArena)
    }
}

extension CacheEntry {
    /// The entry as a draft of another one. Its bytes are this entry's: keep it meanwhile.
    package var draft: EntryDraft {
        var draft = EntryDraft(
            key: key, value: value, contentType: contentType,
            metadata: (0..<metadataCount).map { metadata(at: $0) },
            tags: (0..<tagCount).map { tag(at: $0) })
        draft.isCompressed = isCompressed
        return draft
    }
}
