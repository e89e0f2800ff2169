// Notices that a stream has been silent for too long; any task.

import Locks

/// A connection that died without a word shows only by the heartbeats that do not come. Time
/// counts only while somebody waits: what a slow reader has not fetched is no silence.
final class SilenceTimer: Sendable {
    private struct State {
        /// When the wait under way becomes a silence; nil while nobody waits.
        var deadline: ContinuousClock.Instant?
        var isOver = false
    }

    private let limit: Duration
    private let state = Locked(State())

    /// A wait may take so long.
    init(limit: Duration) { self.limit = limit }

    /// Somebody waits from now on, at most `limit` or the timer's own.
    func startWaiting(atMost limit: Duration? = nil) {
        let deadline = ContinuousClock.now + (limit ?? self.limit)
        state.withLock { $0.deadline = deadline }
    }

    /// Something came.
    func stopWaiting() { state.withLock { $0.deadline = nil } }

    /// Whether a wait has lasted too long.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Returns true when a wait has lasted too long, false when the task is cancelled.
    func watch() async -> Bool {
        while let next = nextLook(now: .now) {
            do {
                try await Task.sleep(until: next, clock: .continuous)
            } catch {
                return false
            }
        }
        return true
    }

    /// When to look again, for a shorter wait may have begun by then; nil once one has lasted too
    /// long.
    func nextLook(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        state.withLock { state in
            guard let deadline = state.deadline else { return now + limit }
            state.isOver = deadline <= now
            return state.isOver ? nil : min(deadline, now + limit)
        }
    }
}
