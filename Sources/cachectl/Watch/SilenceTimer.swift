// Notices that a stream has been silent for too long; any task.

import Locks

/// A connection that died without a word shows only by the heartbeats that do not come.
final class SilenceTimer: Sendable {
    private let limit: Duration
    private let deadline: Locked<ContinuousClock.Instant>

    /// The first message may take `first`, each one after it `limit`.
    init(first: Duration, limit: Duration) {
        self.limit = limit
        deadline = Locked(.now + first)
    }

    /// Something came.
    func heard() { deadline.withLock { $0 = .now + limit } }

    /// Whether the silence has lasted too long.
    var isOver: Bool { deadline.withLock { $0 <= .now } }

    /// Waits until it has; false when the task is cancelled before.
    func wait() async -> Bool {
        while !isOver {
            do {
                try await Task.sleep(until: deadline.withLock { $0 }, clock: .continuous)
            } catch {
                return false
            }
        }
        return true
    }
}
