// How a change waits until the feed has brought it back; any thread.

import Invalidation
import Locks
import NIOCore
import Synchronization

extension FeedApplier {
    /// Waits until the log has what is named, a revision for each partition, but no longer than
    /// `patience`: a feed may be lost.
    func waitForLog(_ revisions: [Int: UInt64], patience: Duration) async {
        guard !revisions.isEmpty else { return }
        await withCheckedContinuation { continuation in
            let id = addWaiter(revisions) { continuation.resume() }
            // What came before it was added would resume nobody.
            for partition in revisions.keys { reached(partition) }
            timers.scheduleTask(in: TimeAmount(patience)) { self.giveUp(id) }
        }
    }

    private func addWaiter(
        _ revisions: [Int: UInt64], _ resume: @escaping AppliedWaiters.Resume
    ) -> Int {
        waiters.withLock { waiters in
            hasWaiters.store(true, ordering: .sequentiallyConsistent)
            return waiters.add(revisions, resume)
        }
    }

    /// The log of a partition has grown.
    func reached(_ partition: Int) {
        guard hasWaiters.load(ordering: .sequentiallyConsistent) else { return }
        let revision = log.revision(of: partition)
        let ready = waiters.withLock { waiters in
            defer { hasWaiters.store(!waiters.isEmpty, ordering: .sequentiallyConsistent) }
            return waiters.reached(partition, revision)
        }
        for resume in ready { resume() }
    }

    private func giveUp(_ id: Int) {
        waiters.withLock { $0.take(id) }?()
    }
}
