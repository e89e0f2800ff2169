// The bounded queue between the log's writers and one event loop's hub; any thread.

import Locks
import Synchronization

/// The way of events from the log to one hub.
///
/// Writers push under their partition's lock; the hub takes everything at once. A feed that is
/// full drops what it holds and says so: the hub then reads the log itself.
package final class InvalidationFeed: Sendable {
    /// The most events a feed holds unless told otherwise.
    package static let maxEvents = 65_536

    private struct State {
        var queue: [InvalidationEvent] = []
        var hasOverflowed = false
        var isActive = false
        var wake: (@Sendable () -> Void)?
    }

    private let capacity: Int
    private let state = Locked(State())
    // Read by every append, so that a loop without watchers costs one load.
    private let active = Atomic(false)
    /// Whether a push wants the hub to be woken, which nobody has seen to yet.
    private let wakeWanted = Atomic(false)
    /// Whether the hub was woken and has not come yet.
    private let wakePending = Atomic(false)

    init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    /// Whether a hub listens.
    package var isActive: Bool { active.load(ordering: .acquiring) }

    /// Starts to collect events. What the log's position, read after this call, does not cover
    /// will be taken from this feed: an append either sees the feed active, or had given its
    /// partition's lock back before the position was read there.
    func activate(wake: @escaping @Sendable () -> Void) {
        state.withLock { $0 = State(isActive: true, wake: wake) }
        wakePending.store(false, ordering: .releasing)
        active.store(true, ordering: .releasing)
    }

    /// Stops collecting and drops what was collected.
    func deactivate() {
        active.store(false, ordering: .releasing)
        state.withLock { $0 = State() }
    }

    /// Adds an event; true when the hub must be woken.
    func push(_ event: InvalidationEvent) -> Bool {
        let needsWake = state.withLock { state in
            // An append that saw the feed active may come after it was switched off.
            guard state.isActive, !state.hasOverflowed else { return false }
            if state.queue.count == capacity {
                state.queue = []
                state.hasOverflowed = true
                return false
            }
            state.queue.append(event)
            return state.queue.count == 1
        }
        if needsWake { wakeWanted.store(true, ordering: .releasing) }
        return needsWake
    }

    /// Drops what was collected, so that the hub reads the log instead.
    func overflow() {
        let needsWake = state.withLock { state in
            guard state.isActive else { return false }
            state.queue = []
            state.hasOverflowed = true
            return true
        }
        if needsWake { wakeWanted.store(true, ordering: .releasing) }
    }

    /// Wakes the hub if a push asked for it and nobody has yet.
    func wakeIfWanted() {
        guard wakeWanted.load(ordering: .relaxed),
            wakeWanted.exchange(false, ordering: .acquiringAndReleasing)
        else { return }
        requestWake()
    }

    /// Wakes the hub, unless that was done and it has not come yet.
    func requestWake() {
        guard !wakePending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        state.withLock { $0.wake }?()
    }

    /// The hub has come: what is pushed from here on wakes it again.
    func wakeArrived() {
        wakePending.store(false, ordering: .sequentiallyConsistent)
    }

    /// Moves everything collected into `batch`, which must be empty; its storage is reused.
    ///
    /// - Returns: true when the feed had overflowed, and so what it held is in the log only.
    func take(into batch: inout [InvalidationEvent]) -> Bool {
        state.withLock { state in
            swap(&state.queue, &batch)
            defer { state.hasOverflowed = false }
            return state.hasOverflowed
        }
    }
}
