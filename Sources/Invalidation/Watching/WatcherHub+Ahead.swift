// Watchers that have seen more elsewhere than this hub's log has heard of yet.

extension WatcherHub {
    /// How long a watcher waits for the log to come as far as it was elsewhere.
    static var aheadPatience: Duration { .seconds(5) }

    /// Lets a watcher of a shared log wait whose position another instance gave, which had heard
    /// more by then: what is missing is on its way here, too.
    func awaitLog(_ watcher: Watcher<Sink>, at resumption: Position) {
        let replay = Watcher<Sink>.Replay(position: resumption, isResumption: true)
        replay.patienceEnd = now + Self.aheadPatience
        watcher.replay = replay
        statistics.replaying += 1
        aheadOfLog.append(watcher)
    }

    /// Goes on with those whom the log has caught up with, and resets those who waited in vain.
    func admitAhead() {
        guard !aheadOfLog.isEmpty else { return }
        let waiting = aheadOfLog
        aheadOfLog = []
        for watcher in waiting {
            guard let replay = watcher.replay, let end = replay.patienceEnd else { continue }
            if replay.position.epoch != position.epoch {
                endReplay(of: watcher)
                restart(watcher, .epochChanged)
            } else if isCovered(replay) {
                replay.patienceEnd = nil
                queueReplay(of: watcher, replay)
            } else if end <= now {
                endReplay(of: watcher)
                restart(watcher, .historyLost)
            } else {
                aheadOfLog.append(watcher)
            }
        }
    }

    private func isCovered(_ replay: Watcher<Sink>.Replay) -> Bool {
        // Where it was ahead when last looked at, it most likely still is.
        let known = replay.aheadIn
        guard replay.position.revisions[known] <= position.revisions[known] else { return false }
        let ahead = position.revisions.indices.first {
            replay.position.revisions[$0] > position.revisions[$0]
        }
        if let ahead { replay.aheadIn = ahead }
        return ahead == nil
    }
}
