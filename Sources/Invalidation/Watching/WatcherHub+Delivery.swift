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
        guard watchers.contains(where: { $0.state == .live }) else {
            for watcher in watchers where watcher.state == .full { dropUnsent(of: watcher) }
            return
        }
        let payload = encode(message(.events(events)))
        var delivered = 0
        for index in watchers.indices {
            let watcher = watchers[index]
            switch watcher.state {
            case .live:
                delivered += events.count
                transmit(payload, to: watcher)
            case .full:
                dropUnsent(of: watcher)
            case .replaying, .lossy, .closed:
                break
            }
        }
        statistics.eventsDelivered += UInt64(delivered)
    }

    /// Sends a message and notes what the sink says about the next one.
    func transmit(_ payload: Sink.Payload, to watcher: Watcher<Sink>) {
        guard let sink = watcher.sink else { return }
        watcher.lastSent = now
        watcher.sentSinceSubscribed &+= 1
        if !sink.send(payload), watcher.state == .live { watcher.state = .full }
    }

    /// The watcher misses something now: what it has not got yet is worth nothing.
    func dropUnsent(of watcher: Watcher<Sink>) {
        guard let sink = watcher.sink else { return }
        watcher.state = .lossy
        if sink.dropUnsent() >= Int(watcher.sentSinceSubscribed) {
            watcher.hasLostSubscribed = true
        }
    }

    /// Sends `subscribed`: from here on the watcher has the hub's position.
    func goLive(_ watcher: Watcher<Sink>, resumed: Bool) {
        watcher.state = .live
        watcher.sentSinceSubscribed = 0
        watcher.hasLostSubscribed = false
        transmit(encode(message(.subscribed(resumed: resumed))), to: watcher)
        if let drainingGrace {
            transmit(encode(message(.draining(grace: drainingGrace))), to: watcher)
        }
        expectHeartbeat(of: watcher)
    }

    func reset(_ watcher: Watcher<Sink>, _ reason: ResetReason) {
        statistics.resets += 1
        transmit(encode(message(.reset(reason))), to: watcher)
    }

    /// A sink takes more: its watcher goes on where it stopped, or starts afresh.
    func resumeSending(to watcher: Watcher<Sink>) {
        switch watcher.state {
        case .full:
            watcher.state = .live
            expectHeartbeat(of: watcher)
        case .lossy:
            recover(watcher)
        case .replaying:
            guard let replay = watcher.replay, replay.isBlocked else { return }
            replay.isBlocked = false
            continueReplay(of: watcher)
        case .live, .closed:
            break
        }
    }

    private func recover(_ watcher: Watcher<Sink>) {
        watcher.state = .live
        reset(watcher, .slowConsumer)
        guard watcher.state != .closed else { return }
        if watcher.hasLostSubscribed {
            goLive(watcher, resumed: false)
        } else {
            if let drainingGrace {
                transmit(encode(message(.draining(grace: drainingGrace))), to: watcher)
            }
            expectHeartbeat(of: watcher)
        }
    }
}
