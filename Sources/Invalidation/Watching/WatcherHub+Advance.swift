// How a hub's position moves on: from the feed, or after an overflow from the log.

extension WatcherHub {
    /// Applies a turn's worth of what is new; true when more waits.
    func advance() -> Bool {
        var allowance = Self.maxEventsPerTurn
        applyPending(&allowance)
        if !hasPending, allowance > 0 {
            takeFromFeed()
            applyPending(&allowance)
        }
        return hasPending || allowance <= 0
    }

    /// Applies all that was appended before this call, however much it is: a feed and a
    /// history at most.
    func advanceToPresent() {
        var allowance = Int.max
        applyPending(&allowance)
        takeFromFeed()
        applyPending(&allowance)
    }

    private var hasPending: Bool { catchUpTarget != nil || batchOffset < batch.count }

    private func takeFromFeed() {
        // Keeps the storage of an ordinary batch, not that of a flood.
        if batch.capacity > Self.maxEventsPerTurn {
            batch = []
        } else {
            batch.removeAll(keepingCapacity: true)
        }
        batchOffset = 0
        if feed.take(into: &batch) {
            statistics.overflows += 1
            // The feed collects again since it was emptied: what the log holds by now and what
            // the feed will bring overlap or meet.
            catchUpTarget = log.position()
        }
    }

    private func applyPending(_ allowance: inout Int) {
        // The watchers may all leave meanwhile, which drops what is pending.
        while hasPending, allowance > 0 {
            if let target = catchUpTarget {
                allowance -= catchUp(to: target)
            } else {
                let end = min(batchOffset + Self.maxChunkEvents, batch.count)
                let chunk = batch[batchOffset..<end]
                batchOffset = end
                allowance -= chunk.count
                apply(chunk)
            }
        }
        if batchOffset == batch.count, batchOffset > 0 {
            batch.removeAll(keepingCapacity: true)
            batchOffset = 0
        }
    }

    /// Applies the next chunk from the log; returns how many events that took.
    private func catchUp(to target: Position) -> Int {
        guard target.epoch == position.epoch else {
            loseHistory(.epochChanged)
            return 1
        }
        for partition in position.revisions.indices
        where position.revisions[partition] < target.revisions[partition] {
            let revision = position.revisions[partition]
            switch log.read(
                partition, after: revision, in: position.epoch, limit: Self.maxChunkEvents)
            {
            case .events(let events):
                apply(events[...])
                return events.count
            case .lost, .none:
                loseHistory(.historyLost)
                return 1
            case .otherEpoch:
                loseHistory(.epochChanged)
                return 1
            }
        }
        catchUpTarget = nil
        return 0
    }

    /// The log has gone on without this hub, or in another epoch: everyone starts afresh where it
    /// is now.
    private func loseHistory(_ reason: ResetReason) {
        batch = []
        batchOffset = 0
        catchUpTarget = nil
        position = log.position()
        let payload = encode(message(.reset(reason)))
        for group in Array(groups.values) {
            for watcher in group.watchers {
                // A replay finds out for itself what the log still has for it.
                guard watcher.state == .live else { continue }
                statistics.resets += 1
                transmit(payload, to: watcher)
            }
        }
    }

    /// Applies at most `maxChunkEvents` events, which makes at most one message per group.
    private func apply(_ chunk: ArraySlice<InvalidationEvent>) {
        for event in chunk {
            let last = position.revisions[event.partition]
            // Seen already: from the log, or before the feed was active.
            if event.revision <= last { continue }
            guard event.revision == last + 1 else {
                // Never seen: a feed without gaps is the log's promise. The log repairs it.
                batchOffset = batch.count
                catchUpTarget = log.position()
                break
            }
            position.revisions[event.partition] = event.revision
            collect(event)
        }
        deliverCollected()
    }

    /// Gives the event to every group that wants it.
    private func collect(_ event: InvalidationEvent) {
        eventsTried += 1
        if case .key(let key) = event.target {
            index.forEachCandidate(for: key) { offer(event, to: $0) }
        } else {
            for group in groups.values { offer(event, to: group) }
        }
    }

    private func offer(_ event: InvalidationEvent, to group: FilterGroup<Sink>) {
        guard group.lastTried != eventsTried else { return }
        group.lastTried = eventsTried
        guard group.filter.accepts(event, budget: &intersectionSteps) else { return }
        if group.pending.isEmpty { touchedGroups.append(group) }
        group.pending.append(event)
    }
}
