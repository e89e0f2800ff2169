// Applies what has changed in the pools: to memory first, then to the subscribers' log; called
// on the event loops of the feeds.

import CacheEngine
package import Invalidation
import Locks
package import NIOCore
package import RedisClient
import Synchronization

/// Keeps memory and log up with the changes of all instances.
///
/// Within a partition everything enters the log in the order in which it came, and nothing before
/// memory knows it: who is told of a change reads nothing older here. Most changes are of one
/// key and are applied at once. One of many keys is a walk over memory, away from the event
/// loops, while what comes after it in its partition waits. It comes by every shard: whichever
/// brings it first has the keys of all shards forgotten.
package final class FeedApplier: FeedDelegate {
    /// The most changes of a partition that wait for a walk. Beyond it they are dropped, and
    /// memory and subscribers start afresh in that partition.
    static let maxWaiting = 4_096

    /// The most announcements whose copies are known. Who is forgotten costs another walk.
    private static let maxKnownCopies = 64

    /// What waits for a walk of the same partition.
    private enum Waiting {
        case change(FeedEvent, needsWalk: Bool)
        case reset(epoch: UInt64, revision: UInt64)
    }

    private struct Partition {
        /// Whether a walk is under way, and what waits for it.
        var isWalking = false
        var waiting: [Waiting] = []
        /// Grows with every loss of its feed; nil while it is heard.
        var loss: Int?
    }

    private struct State {
        var partitions: [Partition]
        var losses = 0
        /// How many partitions have a walk under way.
        var walking = 0
        /// The announcements of which a copy has come, in a ring.
        var copies: [UInt64] = []
        var nextCopy = 0

        /// Whether a change has to be looked for in all of memory: no copy of it was, or will be.
        mutating func needsWalk(_ change: InvalidationEvent) -> Bool {
            if change.isOfOneKey { return false }
            guard change.copyOf != 0 else { return true }
            if copies.contains(change.copyOf) { return false }
            if copies.count < FeedApplier.maxKnownCopies {
                copies.append(change.copyOf)
            } else {
                copies[nextCopy] = change.copyOf
                nextCopy = (nextCopy + 1) % copies.count
            }
            return true
        }
    }

    private let engine: CacheEngine
    let log: InvalidationLog
    private let maxStaleness: TimeAmount
    private let clock: ServiceClock
    let timers: any EventLoop
    /// Who waits for the log to grow, and whether anybody does.
    let waiters = Locked(AppliedWaiters())
    let hasWaiters = Atomic<Bool>(false)
    /// Walks over memory, one after the other.
    let walks = KeyspaceWalks()
    private let state: Locked<State>

    init(
        engine: CacheEngine, log: InvalidationLog, maxStaleness: Duration, clock: ServiceClock,
        timers: any EventLoop
    ) {
        self.engine = engine
        self.log = log
        self.maxStaleness = TimeAmount(maxStaleness)
        self.clock = clock
        self.timers = timers
        let partitions = log.partitionCount
        state = Locked(State(partitions: Array(repeating: Partition(), count: partitions)))
        // Nothing is held of what nobody listens to yet.
        for partition in 0..<partitions { engine.suspend(partition: partition) }
    }

    // MARK: - The feed's side

    /// The log has the partition from now on. What memory holds may be concerned by a change of
    /// many keys that was told in it before.
    package func began(
        partition: Int, epoch: UInt64, revision: UInt64, events: [InvalidationEvent]
    ) {
        log.begin(partition, epoch: epoch, revision: revision, events: events)
        forgetAll()
    }

    /// Memory drops what is older than the change, then the log gets it.
    package func apply(_ event: FeedEvent) {
        let change = event.change
        // At once, even where the log has to wait: to drop early is never wrong.
        if case .key(let key) = change.target {
            withExtendedLifetime(change) { _ = engine.drop(key, olderThan: change.revision) }
        }
        // Nil: it waits.
        let isWalk = state.withLock { state -> Bool? in
            let needsWalk = state.needsWalk(change)
            if state.partitions[change.partition].isWalking {
                wait(.change(event, needsWalk: needsWalk), &state.partitions[change.partition])
                return nil
            }
            if needsWalk {
                state.partitions[change.partition].isWalking = true
                state.walking += 1
            }
            return needsWalk
        }
        guard let isWalk else { return }
        if isWalk { walk(for: change) } else { append(change) }
    }

    /// Memory forgets what it holds, and the subscribers are told to start afresh.
    package func reset(partition: Int, epoch: UInt64, revision: UInt64) {
        forgetAll()
        let isFirst = state.withLock { state -> Bool in
            guard state.partitions[partition].isWalking else { return true }
            // What waits is of before.
            state.partitions[partition].waiting = [.reset(epoch: epoch, revision: revision)]
            return false
        }
        if isFirst { restart(partition, epoch: epoch, revision: revision) }
    }

    /// Memory may answer for `max_staleness` from the last word on.
    package func feedLost(partitions: [Int], at moment: NIODeadline) {
        let loss = state.withLock { state -> Int in
            state.losses += 1
            for partition in partitions { state.partitions[partition].loss = state.losses }
            return state.losses
        }
        timers.scheduleTask(deadline: moment + maxStaleness) {
            self.suspend(partitions, loss: loss)
        }
    }

    /// Memory answers again; with nothing, where what was missed is still being looked for in it.
    package func feedRepaired(partitions: [Int]) {
        state.withLock { state in
            for partition in partitions {
                state.partitions[partition].loss = nil
                if state.walking > 0 { engine.reset(partition: partition) }
                engine.resume(partition: partition)
            }
        }
    }

    /// Memory forgets what may have been named by a change of many keys that nobody told here.
    package func feedMoved(partitions: [Int]) {
        for partition in partitions { engine.reset(partition: partition) }
    }

    private func suspend(_ partitions: [Int], loss: Int) {
        state.withLock { state in
            for partition in partitions where state.partitions[partition].loss == loss {
                engine.suspend(partition: partition)
            }
        }
    }

    private func append(_ change: InvalidationEvent) {
        log.append(change)
        reached(change.partition)
    }

    private func restart(_ partition: Int, epoch: UInt64, revision: UInt64) {
        log.reset(partition, epoch: epoch, revision: revision)
        reached(partition)
    }

    /// Memory forgets every partition, and not only one whose changes nobody knows: among them
    /// may be one of many keys, which concerns those of all its shard's partitions.
    func forgetAll() {
        for partition in 0..<log.partitionCount { engine.reset(partition: partition) }
    }

    // MARK: - Walks

    private func wait(_ item: Waiting, _ partition: inout Partition) {
        guard partition.waiting.count >= Self.maxWaiting else {
            return partition.waiting.append(item)
        }
        // Too far behind: the last change that is known stands for all of them.
        guard case .change(let event, _) = item else { return }
        forgetAll()
        partition.waiting = [.reset(epoch: event.epoch, revision: event.revision)]
    }

    /// Removes from memory what a change of many keys names, then goes on with its partition.
    private func walk(for change: InvalidationEvent) {
        Task(executorPreference: globalConcurrentExecutor) {
            await self.walks.runToItsEnd { self.remove(change) }
            self.append(change)
            self.goOn(change.partition)
        }
    }

    private func remove(_ change: InvalidationEvent) {
        let now = clock.now()
        switch change.target {
        case .key: return
        case .everything: _ = engine.remove(.everything, now: now)
        case .pattern(let glob): _ = engine.remove(.pattern(glob), now: now)
        case .tag(let tag): _ = engine.remove(.tag(Array(tag)), now: now)
        }
    }

    /// Goes on with what has waited, up to the next walk.
    private func goOn(_ partition: Int) {
        while true {
            let next = state.withLock { state -> Waiting? in
                guard !state.partitions[partition].waiting.isEmpty else {
                    state.partitions[partition].isWalking = false
                    state.walking -= 1
                    return nil
                }
                return state.partitions[partition].waiting.removeFirst()
            }
            switch next {
            case nil: return
            case .reset(let epoch, let revision)?:
                restart(partition, epoch: epoch, revision: revision)
            case .change(let event, let needsWalk)?:
                if needsWalk { return walk(for: event.change) }
                append(event.change)
            }
        }
    }
}

extension InvalidationEvent {
    fileprivate var isOfOneKey: Bool {
        if case .key = target { true } else { false }
    }
}
