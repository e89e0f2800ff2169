// How messages reach a hub's watchers, and what becomes of the slow ones.

extension WatcherHub {
    /// A message at the hub's position.
    func message(_ content: WatcherMessage.Content) -> WatcherMessage {
        let token = encodedPosition ?? ResumeToken.encode(position)
        encodedPosition = token
        return WatcherMessage(token: token, content: content)
    }

    /// Sends each touched group its events of this chunk.
    func deliverCollected() {
        for group in touchedGroups {
            let events = group.pending
            group.pending = []
            deliver(events, to: group)
        }
        touchedGroups.removeAll(keepingCapacity: true)
    }

    private func deliver(_ events: [InvalidationEvent], to group: FilterGroup<Sink>) {
        // A copy of the array: a sink may unsubscribe watchers while this goes on.
        let watchers = group.watchers
        guard watchers.contains(where: { $0.state == .live }) else { return }
        let payload = encode(message(.events(events)))
        for watcher in watchers where watcher.state == .live {
            if transmit(payload, to: watcher) { statistics.eventsDelivered += UInt64(events.count) }
        }
    }

    /// Sends a message at the hub's position. A live watcher whose sink is full then continues
    /// from there: the log is its buffer, and only what that no longer holds is lost.
    ///
    /// - Returns: whether there was a sink to take it.
    @discardableResult
    func transmit(_ payload: Sink.Payload, to watcher: Watcher<Sink>) -> Bool {
        guard let sink = watcher.sink else { return false }
        watcher.lastSent = now
        if !sink.send(payload), watcher.state == .live {
            watcher.state = .replaying
            watcher.replay = Watcher.Replay(position: position, isResumption: false)
            statistics.replaying += 1
        }
        return true
    }

    /// Sends `subscribed`: from here on the watcher has the hub's position.
    func goLive(_ watcher: Watcher<Sink>, resumed: Bool) {
        watcher.state = .live
        transmit(encode(message(.subscribed(resumed: resumed))), to: watcher)
        expectHeartbeat(of: watcher)
    }

    func reset(_ watcher: Watcher<Sink>, _ reason: ResetReason) {
        statistics.resets += 1
        transmit(encode(message(.reset(reason))), to: watcher)
    }

    /// A sink takes more: its watcher goes on where it stopped.
    func resumeSending(to watcher: Watcher<Sink>) {
        guard let replay = watcher.replay, replay.isBlocked else { return }
        replay.isBlocked = false
        queueReplay(of: watcher, replay)
    }
}
