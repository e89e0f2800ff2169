// Makes entries; runs on the calling thread, outside every lock.

extension EntryArena {
    /// Copies a draft into a slot. Version and expiry are set by ``EntryView/publish`` later.
    ///
    /// - Parameter mayExpire: Whether the entry may be given an expiry.
    /// - Returns: The slot, which the caller keeps.
    @inline(__always)
    func make(_ draft: EntryDraft, createdAt: Timestamp, mayExpire: Bool) -> Int {
        var parts: EntryParts = mayExpire ? .expiry : []
        if draft.isAnnotated { parts.insert(.annotations) }
        if draft.isCompressed { parts.insert(.compressed) }
        if draft.softNanoseconds != .max { parts.insert(.softExpiry) }
        let slot = make(draft, parts, createdAt: createdAt) { entry in
            if mayExpire { entry.publish(version: 0, expiresAt: .never) }
        }
        if parts.contains(.softExpiry) {
            setSoftExpiry(createdAt.advanced(byNanoseconds: draft.softNanoseconds), of: slot)
        }
        return slot
    }

    @inline(never)
    private func setSoftExpiry(_ moment: Timestamp, of slot: Int) {
        slots.entry(slot).setSoftExpiry(moment)
    }

    /// Copies a draft and what others know of it. Such an entry needs no ``EntryView/publish``.
    func make(_ draft: EntryDraft, _ stamp: SharedStamp, coherence: CoherenceWord) -> Int {
        var parts: EntryParts = [.expiry, .shared]
        if stamp.version >> 48 != 0 { parts.insert(.wideVersion) }
        if draft.isAnnotated { parts.insert(.annotations) }
        if draft.isCompressed { parts.insert(.compressed) }
        if stamp.softExpiresAt != .never { parts.insert(.softExpiry) }
        return make(draft, parts, createdAt: stamp.createdAt) { entry in
            entry.publish(
                version: stamp.version, expiresAt: min(stamp.heldUntil, stamp.expiresAt))
            entry.setSoftExpiry(stamp.softExpiresAt)
            guard let shared = entry.part(.shared) else { return }
            shared.storeBytes(of: coherence.raw, as: UInt32.self)
            (shared + 4).store(milliseconds: stamp.expiresAt.heldMilliseconds)
        }
    }

    /// A new entry with the same bytes and the same creation, to be published anew.
    ///
    /// - Parameter published: Which parts it has of those that a commit decides.
    func copy(_ entry: EntryView, _ published: EntryParts) -> Int {
        let old = entry.parts.subtracting(.outside)
        let kept = old.subtracting(.published)
        let parts = kept.union(published)
        // The decided parts come first, right behind the key.
        let oldStart = entry.keyCount + old.byteCount - kept.byteCount
        let newStart = entry.keyCount + published.byteCount
        let rest = entry.bodyCount - oldStart
        let slot = place(parts, bodyCount: newStart + rest)
        let copy = slots.entry(slot)
        copy.set(
            keyCount: entry.keyCount, valueCount: entry.valueCount, createdAt: entry.createdAt)
        let body = copy.body
        body.copyMemory(from: entry.body, byteCount: entry.keyCount)
        (body + newStart).copyMemory(from: entry.body + oldStart, byteCount: rest)
        return slot
    }

    /// The slot, if its entry has the parts that a commit turned out to need, which is nearly
    /// always so; else a copy, which the caller keeps in its place.
    @inline(__always)
    func fitting(_ slot: Int, version: UInt64, expiresAt: Timestamp) -> Int {
        var needed: EntryParts = expiresAt == .never ? [] : .expiry
        if version >> 48 != 0 { needed.insert(.wideVersion) }
        let entry = slots.entry(slot)
        if entry.parts.isSuperset(of: needed) { return slot }
        let copy = copy(entry, needed)
        release(slot)
        return copy
    }

    private func make(
        _ draft: EntryDraft, _ parts: EntryParts, createdAt: Timestamp, fill: (EntryView) -> Void
    ) -> Int {
        draft.check()
        let slot = place(parts, bodyCount: draft.byteCount + parts.byteCount)
        let entry = slots.entry(slot)
        entry.set(
            keyCount: draft.key.count, valueCount: draft.value.count, createdAt: createdAt)
        fill(entry)
        var writer = EntryWriter(next: entry.body)
        writer.append(draft.key)
        writer.next += parts.before(.annotations)
        if parts.contains(.annotations) { writer.appendCounts(draft) }
        writer.append(draft.value)
        if parts.contains(.annotations) { writer.appendAnnotations(draft) }
        return slot
    }

    /// A slot with room for a body of `count` bytes, inside or outside.
    private func place(_ parts: EntryParts, bodyCount count: Int) -> Int {
        let whole = EntryView.headerBytes + count
        let slot: Int
        if whole <= SizeClasses.maxBlockBytes {
            slot = allocate(whole)
            slots.entry(slot).begin(parts)
        } else {
            slot = allocate(EntryView.headerBytes + MemoryLayout<UInt>.size)
            let outside = UnsafeMutableRawPointer.allocate(
                byteCount: count + EntryView.outsideBytes, alignment: 16)
            let entry = slots.entry(slot)
            (entry.address + EntryView.headerBytes).storeBytes(
                of: UInt(bitPattern: outside), as: UInt.self)
            entry.begin(parts.union(.outside))
        }
        return slot
    }
}

extension EntryView {
    /// Writes the header, but for the version.
    fileprivate func set(keyCount: Int, valueCount: Int, createdAt: Timestamp) {
        var sizes: UInt32 = 0
        if parts.contains(.outside) {
            (body - 8).storeBytes(of: UInt32(valueCount), as: UInt32.self)
            (body - 4).storeBytes(of: UInt32(keyCount), as: UInt32.self)
        } else {
            sizes = UInt32(keyCount >> 8) << 13 | UInt32(valueCount)
        }
        let created = createdAt.storedMilliseconds
        head.pointee.previous = Slot.noSlot
        head.pointee.next = Slot.noSlot
        head.pointee.namespace = 0
        head.pointee.mark = 0
        head.pointee.keyBits = UInt8(truncatingIfNeeded: keyCount)
        head.pointee.stampLow = UInt32(truncatingIfNeeded: created) << 20 | sizes
        head.pointee.stampHigh = UInt32(truncatingIfNeeded: created >> 12)
        head.pointee.versionLow = 0
        head.pointee.versionHigh = 0
    }

    /// Sets from when on the entry is stale, where it has room for that; before it is published.
    func setSoftExpiry(_ moment: Timestamp) {
        part(.softExpiry)?.store(milliseconds: moment.heldMilliseconds)
    }

    /// The last writing to an entry, under the lock that then puts it into the table. What was
    /// made to expire may be told not to; the other way round the caller copies it first.
    func publish(version: UInt64, expiresAt: Timestamp) {
        head.pointee.versionLow = UInt32(truncatingIfNeeded: version)
        head.pointee.versionHigh = UInt16(truncatingIfNeeded: version >> 32)
        let parts = parts
        if parts.isDisjoint(with: .published), expiresAt == .never, version >> 48 == 0 { return }
        precondition(version >> 48 == 0 || parts.contains(.wideVersion), "too wide a version")
        part(.wideVersion)?.storeBytes(of: UInt16(version >> 48), as: UInt16.self)
        guard let expiry = part(.expiry) else {
            precondition(expiresAt == .never, "the entry has no room for its expiry")
            return
        }
        expiry.store(milliseconds: expiresAt.heldMilliseconds)
    }
}
