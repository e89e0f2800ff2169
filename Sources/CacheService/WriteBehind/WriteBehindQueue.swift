// Owns the writes that were acknowledged and are still to be sent to the shared level; any thread.

package import CacheEngine
import GRPC
import Locks
package import NIOCore
package import RedisClient
import Synchronization

/// Write-behind: a bounded queue between writers that do not wait and the shared level.
///
/// Of each key the last write wins, and never are two writes of a key under way. Who reads a key
/// asks ``pending(_:now:)`` first, so that everybody on this instance reads what was
/// acknowledged, even when memory has evicted it. What fails is tried again for as long as the
/// process lives: only a crash, or a drain that runs out of time, loses a write.
package final class WriteBehindQueue: Sendable {
    /// Sends one write, as a task on the event loop of that index, and gives its version.
    package typealias Send =
        @Sendable (PendingWrite, _ loop: Int) async throws(RedisError) ->
        UInt64
    /// Hears of the version that a write got: memory may take it over.
    package typealias Flushed = @Sendable (PendingWrite, _ version: UInt64) -> Void

    /// What one lock guards.
    struct State: Sendable {
        var machine: WriteBehindStateMachine
        var waiters = FlushWaiters()
        /// Who waits until nothing is pending any more.
        var drainers: [@Sendable () -> Void] = []

        /// Takes the drainers, if there is nothing more to wait for.
        mutating func takeDrainers() -> [@Sendable () -> Void] {
            guard machine.count == 0 || machine.phase == .closed else { return [] }
            defer { drainers = [] }
            return drainers
        }
    }

    let state: Locked<State>
    /// How many keys are pending, to be read without the lock.
    private let count = Atomic<Int>(0)
    let loops: [any EventLoop]
    let executors: [LoopExecutor]
    let clock: ServiceClock
    let send: Send
    let flushed: Flushed
    let report: @Sendable (WriteBehindReport) -> Void

    /// An empty queue. `loops` are those that `send` knows by index.
    package init(
        _ limits: WriteBehindLimits = WriteBehindLimits(), loops: [any EventLoop],
        clock: ServiceClock, send: @escaping Send, flushed: @escaping Flushed,
        report: @escaping @Sendable (WriteBehindReport) -> Void
    ) {
        precondition(!loops.isEmpty, "somebody has to send")
        state = Locked(State(machine: WriteBehindStateMachine(limits, workers: loops.count)))
        self.loops = loops
        executors = loops.map(LoopExecutor.init)
        self.clock = clock
        self.send = send
        self.flushed = flushed
        self.report = report
    }

    /// Takes a write over: it will be sent, in place of an earlier one of its key that waits.
    ///
    /// False: there is no room, or it is being drained. Then wait until nothing of the key is
    /// pending (``waitUntilFlushed(_:on:deadline:)``) and write yourself.
    package func enqueue(_ write: PendingWrite) -> Bool {
        let now = clock.now()
        let outcome = locked { $0.machine.enqueue(write, now: now) }
        if let worker = outcome.wakes { wake(worker) }
        return outcome.isTaken
    }

    /// What the key will be once everything is sent; nil: nothing is pending for it.
    package func pending(
        _ key: UnsafeRawBufferPointer, now: Timestamp
    ) -> PendingWrite.Change? {
        guard count.load(ordering: .acquiring) > 0 else { return nil }
        let key = [UInt8](key)
        return state.withLock { $0.machine.pending(key, now: now) }
    }

    /// Turns every pending entry that `matches` into its key's removal, as an invalidation of
    /// many keys must before it walks over the shared level.
    ///
    /// - Returns: How many entries that were.
    package func removeAll(
        by writer: [UInt8], where matches: (CacheEntry) -> Bool
    ) -> Int {
        guard count.load(ordering: .acquiring) > 0 else { return 0 }
        let now = clock.now()
        return locked { $0.machine.removeAll(by: writer, now: now, where: matches) }
    }

    /// Waits until everything is sent that is pending for the key now, as a write with a
    /// condition must before it asks the shared level. Returns at once where nothing is.
    ///
    /// Throws what an attempt in the meantime failed with, and `timedOut` at the deadline; the
    /// write stays pending then.
    package func waitUntilFlushed(
        _ key: [UInt8], on loop: any EventLoop, deadline: NIODeadline
    ) async throws(RedisError) {
        let outcome = await withCheckedContinuation { continuation in
            let waiter = locked { state -> (id: UInt64, partition: Int)? in
                guard let item = state.machine.slots[key]?.last else { return nil }
                let partition = item.write.partition
                let id = state.waiters.add(key, partition: partition, ticket: item.ticket) {
                    continuation.resume(returning: $0)
                }
                return (id, partition)
            }
            guard let waiter else { return continuation.resume(returning: .success(())) }
            loop.scheduleTask(deadline: deadline) { self.giveUp(waiter.id, waiter.partition) }
        }
        try outcome.get()
    }

    private func giveUp(_ id: UInt64, _ partition: Int) {
        let resume = locked { $0.waiters.take(id: id, partition: partition) }
        let sentence = "an earlier write of the key was not flushed in time; try again"
        resume?(.failure(RedisError(.timedOut, sentence)))
    }

    /// Counters.
    package var statistics: WriteBehindStatistics {
        let now = clock.now()
        return state.withLock { $0.machine.statistics(now: now) }
    }

    /// Runs `body` under the lock and keeps the count that readers see.
    func locked<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            defer { count.store(state.machine.count, ordering: .releasing) }
            return body(&state)
        }
    }
}
