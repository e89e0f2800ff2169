// What a hub says on its own account: progress on idle streams, and that the end is near.

extension WatcherHub {
    /// Sends `progress` to every live watcher that heard nothing for its heartbeat. To be called
    /// a few times per second at most; without a heartbeat due it costs next to nothing.
    ///
    /// - Parameter now: the time since the start of the process.
    package func tick(now: Duration) {
        self.now = max(self.now, now)
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

    /// Tells every watcher, and each one that comes, that the instance is going away. Events
    /// still flow.
    ///
    /// - Parameter grace: how long the streams stay open at most.
    package func drainForShutdown(grace: Duration) {
        precondition(!isBusy, "a sink called drainForShutdown from within the hub")
        drainingGrace = grace
        turn {
            let payload = encode(message(.draining(grace: grace)))
            for group in Array(groups.values) {
                for watcher in group.watchers { announceDraining(payload, grace, to: watcher) }
            }
        }
    }

    private func announceDraining(
        _ payload: Sink.Payload, _ grace: Duration, to watcher: Watcher<Sink>
    ) {
        switch watcher.state {
        case .live:
            transmit(payload, to: watcher)
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
