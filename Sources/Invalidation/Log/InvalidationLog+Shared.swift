// How the history of servers elsewhere comes into the log: each partition's from one thread.

import Locks
import Synchronization

extension InvalidationLog {
    /// Whether the changes come from elsewhere, with their revisions.
    package var isShared: Bool { shared != nil }

    /// Whether every partition has begun; always so where the log is not shared.
    package var isReady: Bool {
        guard let shared else { return true }
        return shared.epochs.withLock { $0.missing == 0 }
    }

    /// Calls `body` once, on any thread, as soon as every partition has begun: at once, where
    /// that is so already.
    package func whenReady(_ body: @escaping @Sendable () -> Void) {
        let isReady = shared?.epochs.withLock { epochs in
            if epochs.missing == 0 { return true }
            epochs.waiting.append(body)
            return false
        }
        if isReady ?? true { body() }
    }

    /// Begins a partition, whose history so far is known to its end.
    ///
    /// - Parameters:
    ///   - partition: counted over all pools.
    ///   - epoch: the partition's, from its server.
    ///   - revision: the newest one; 0 where there was no change yet.
    ///   - events: the newest events up to `revision`, without a gap; none, where they are lost.
    package func begin(
        _ partition: Int, epoch: UInt64, revision: UInt64, events: [InvalidationEvent]
    ) {
        restart(partition, epoch: epoch, revision: revision, events: events)
    }

    /// Forgets a partition's history, which has gone on without this log: every watcher is told
    /// to start afresh, as is everyone who comes back with a position of before.
    ///
    /// - Parameters:
    ///   - partition: counted over all pools.
    ///   - epoch: the partition's, from its server; the same as before, or another.
    ///   - revision: the newest one; the next event will be the one after it.
    package func reset(_ partition: Int, epoch: UInt64, revision: UInt64) {
        restart(partition, epoch: epoch, revision: revision, events: [])
    }

    /// Appends the event that comes next in its partition, and hands it to the feeds.
    package func append(_ event: InvalidationEvent) {
        precondition(isShared, "an embedded log numbers its changes itself")
        let isWakeWanted = partitions[event.partition].ring.withLock { ring in
            ring.append(event)
            return push(event)
        }
        if isWakeWanted { wakeHubs() }
    }

    private func restart(
        _ partition: Int, epoch: UInt64, revision: UInt64, events: [InvalidationEvent]
    ) {
        guard let shared else { preconditionFailure("an embedded log has one life") }
        precondition(events.count <= revision && (events.last?.revision ?? revision) == revision)
        var ring = Self.ring(
            maxEvents: eventsPerPartition, origin: revision - UInt64(events.count))
        for event in events { ring.append(event) }
        let fresh = ring
        let waiting = shared.epochs.withLock { epochs -> [@Sendable () -> Void] in
            let isLate = epochs.missing > 0
            partitions[partition].ring.withLock { ring in
                let isRegression =
                    epochs.isCurrent(epoch, of: partition) && fresh.last < ring.last
                epochs.begin(partition, epoch, isRegression: isRegression)
                // First the feeds: who sees the new epoch finds its feed drained, and asks for
                // the position, which waits for this to be over.
                for feed in feeds { feed.overflow() }
                ring = fresh
                currentEpoch.store(epochs.combined, ordering: .releasing)
            }
            guard isLate, epochs.missing == 0 else { return [] }
            defer { epochs.waiting = [] }
            return epochs.waiting
        }
        wakeHubs()
        for body in waiting { body() }
    }
}
