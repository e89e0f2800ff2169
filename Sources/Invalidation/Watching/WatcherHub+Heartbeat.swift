// What a hub says on its own account: progress on idle streams, and that the end is near.

extension WatcherHub {
    /// Sends `progress` to every live watcher that heard nothing for its heartbeat. To be called
    /// a few times per second at most; without a heartbeat due it costs next to nothing.
    ///
    /// - Parameter now: the time since the start of the process.
    package func tick(now: Duration) {
        self.now = max(self.now, now)
        if !isBusy, !aheadOfLog.isEmpty { turn { admitAhead() } }
        guard !isBusy, let nextHeartbeat, nextHeartbeat <= now else { return }
        self.nextHeartbeat = nil
        var payload: Sink.Payload?
        turn {
            for group in Array(groups.values) {
                for watcher in group.watchers where watcher.state == .live {
                    if watcher.lastSent + watcher.heartbeat <= now {
                        let shared = payload ?? encode(message(.progress))
                        payload = shared
                        transmit(shared, to: watcher)
                    }
                    expectHeartbeat(of: watcher)
                }
            }
        }
    }

    /// Notes when a watcher that is live now will need a heartbeat.
    func expectHeartbeat(of watcher: Watcher<Sink>) {
        guard watcher.state == .live else { return }
        let due = watcher.lastSent + watcher.heartbeat
        nextHeartbeat = min(nextHeartbeat ?? due, due)
    }

    /// Tells a watcher, at its own position, that its stream will end soon: it can go on from
    /// there elsewhere. Events still flow.
    ///
    /// - Parameter grace: how long the stream stays open at most.
    package func announceDraining(to watcher: Watcher<Sink>, grace: Duration) {
        precondition(!isBusy, "a sink called announceDraining from within the hub")
        turn {
            switch watcher.state {
            case .live:
                transmit(encode(message(.draining(grace: grace))), to: watcher)
            case .replaying:
                guard let replay = watcher.replay, let sink = watcher.sink else { return }
                let token = ResumeToken.encode(replay.position)
                let message = WatcherMessage(token: token, content: .draining(grace: grace))
                if !sink.send(encode(message)) { replay.isBlocked = true }
            case .closed:
                break
            }
        }
    }
}
