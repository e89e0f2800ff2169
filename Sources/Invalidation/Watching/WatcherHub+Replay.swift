// How a watcher gets from the log what it missed, and when it is live.

extension WatcherHub {
    /// The most events read from the log at once for a replay. A replay's go takes as many from
    /// the turn's allowance at least: messages and tokens have a price too.
    private static var replayReadLimit: Int { 64 }

    /// Starts a watcher where it wants to continue, or tells it that it cannot.
    func start(_ watcher: Watcher<Sink>, at resumption: Position?) {
        guard let resumption else { return goLive(watcher, resumed: false) }
        // The token may be of the log's new epoch, or this stream is to begin in it.
        if position.epoch != log.epoch { advanceToPresent() }
        guard watcher.state != .closed else { return }
        guard resumption.epoch == position.epoch,
            resumption.revisions.count == position.revisions.count
        else { return restart(watcher, .epochChanged) }
        guard canReach(resumption) else {
            guard log.isShared else { return restart(watcher, .historyLost) }
            return awaitLog(watcher, at: resumption)
        }
        let replay = Watcher<Sink>.Replay(position: resumption, isResumption: true)
        watcher.replay = replay
        statistics.replaying += 1
        queueReplay(of: watcher, replay)
    }

    /// Whether the hub has come as far as a position, or does so now.
    private func canReach(_ wanted: Position) -> Bool {
        if wanted.isCovered(by: position) { return true }
        // Another hub may have been faster. Reading the log's revision waits for the append
        // that gives the event to this hub's feed too.
        for partition in wanted.revisions.indices
        where wanted.revisions[partition] > position.revisions[partition] {
            guard wanted.revisions[partition] <= log.revision(of: partition) else { return false }
        }
        advanceToPresent()
        return wanted.epoch == position.epoch && wanted.isCovered(by: position)
    }

    func restart(_ watcher: Watcher<Sink>, _ reason: ResetReason) {
        reset(watcher, reason)
        guard watcher.state != .closed else { return }
        goLive(watcher, resumed: false)
    }

    func endReplay(of watcher: Watcher<Sink>) {
        guard watcher.replay != nil else { return }
        watcher.replay = nil
        statistics.replaying -= 1
    }

    /// Lets a replay go on with the next drain, or ends it now if nothing is missing.
    func queueReplay(of watcher: Watcher<Sink>, _ replay: Watcher<Sink>.Replay) {
        guard !replay.isQueued, replay.patienceEnd == nil else { return }
        guard
            replay.position.epoch != position.epoch
                || nextPartition(from: 0, behindIn: replay) != nil
        else {
            return finishReplay(of: watcher, replay, [])
        }
        replay.isQueued = true
        readyReplays.append(watcher)
    }

    /// Goes on with the replays whose sinks take more, first come, first served, for as long as
    /// the turn's allowance lasts: it is one for them all.
    func advanceReplays() {
        var waiting = readyReplays[...]
        readyReplays = []
        var allowance = Self.maxEventsPerTurn
        while allowance > 0, let watcher = waiting.popFirst() {
            guard let replay = watcher.replay else { continue }
            replay.isQueued = false
            if !replay.isBlocked { continueReplay(of: watcher, replay, &allowance) }
        }
        readyReplays.insert(contentsOf: waiting, at: 0)
    }

    /// Sends from the log what lies between the watcher's position and the hub's: until its
    /// sink is full, the allowance is used up, or it has caught up and is live.
    private func continueReplay(
        of watcher: Watcher<Sink>, _ replay: Watcher<Sink>.Replay, _ allowance: inout Int
    ) {
        var matched: [InvalidationEvent] = []
        var partition = 0
        var handled = 0
        defer { allowance -= max(handled, Self.replayReadLimit) }
        guard replay.position.epoch == position.epoch else {
            endReplay(of: watcher)
            return restart(watcher, .epochChanged)
        }
        while handled < allowance {
            guard let behind = nextPartition(from: partition, behindIn: replay) else {
                return finishReplay(of: watcher, replay, matched)
            }
            partition = behind
            switch read(partition, for: replay) {
            case .events(let events):
                handled += events.count
                take(events, for: watcher, replay, into: &matched)
            case .lost, .none:
                // What was matched and not sent yet is part of what the reset covers.
                endReplay(of: watcher)
                return restart(watcher, replay.isResumption ? .historyLost : .slowConsumer)
            case .otherEpoch:
                // The hub hears of it before its next replays.
                replay.isQueued = true
                readyReplays.append(watcher)
                return
            }
            if matched.count > Self.maxChunkEvents - Self.replayReadLimit {
                send(matched, to: watcher, replay)
                matched = []
                if replay.isBlocked || watcher.state == .closed { return }
            }
        }
        send(matched, to: watcher, replay)
        if replay.isBlocked || watcher.state == .closed { return }
        queueReplay(of: watcher, replay)
    }

    private func finishReplay(
        of watcher: Watcher<Sink>, _ replay: Watcher<Sink>.Replay, _ matched: [InvalidationEvent]
    ) {
        send(matched, to: watcher, replay)
        if replay.isBlocked || watcher.state == .closed { return }
        endReplay(of: watcher)
        if replay.isResumption { return goLive(watcher, resumed: true) }
        // It knows of nothing: nothing was lost.
        watcher.state = .live
        expectHeartbeat(of: watcher)
    }

    private func nextPartition(from start: Int, behindIn replay: Watcher<Sink>.Replay) -> Int? {
        (start..<position.revisions.count).first {
            replay.position.revisions[$0] < position.revisions[$0]
        }
    }

    /// Reads on in a partition, never further than the hub has come.
    private func read(
        _ partition: Int, for replay: Watcher<Sink>.Replay
    ) -> InvalidationLog.ReadResult {
        let revision = replay.position.revisions[partition]
        let missing = position.revisions[partition] - revision
        return log.read(
            partition, after: revision, in: position.epoch,
            limit: Int(min(missing, UInt64(Self.replayReadLimit))))
    }

    private func take(
        _ events: [InvalidationEvent], for watcher: Watcher<Sink>, _ replay: Watcher<Sink>.Replay,
        into matched: inout [InvalidationEvent]
    ) {
        for event in events {
            if watcher.group.filter.accepts(event, budget: &intersectionSteps) {
                matched.append(event)
            }
            replay.position.revisions[event.partition] = event.revision
        }
    }

    private func send(
        _ events: [InvalidationEvent], to watcher: Watcher<Sink>, _ replay: Watcher<Sink>.Replay
    ) {
        guard !events.isEmpty, let sink = watcher.sink else { return }
        statistics.eventsDelivered += UInt64(events.count)
        watcher.lastSent = now
        let token = ResumeToken.encode(replay.position)
        let isBelowMark = sink.send(encode(WatcherMessage(token: token, content: .events(events))))
        replay.isBlocked = !isBelowMark
    }
}
