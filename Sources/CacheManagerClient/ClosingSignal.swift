// Tells everyone who waits that the client was closed; any task.

import Locks

/// Pauses that end early when the client is closed.
final class ClosingSignal: Sendable {
    private struct State {
        var isClosed = false
        var pauses: [Int: Task<Void, any Error>] = [:]
        var nextPause = 0
    }

    private let state = Locked(State())

    /// Whether it was closed.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Ends every pause.
    func close() {
        let pauses = state.withLock { state in
            state.isClosed = true
            defer { state.pauses = [:] }
            return Array(state.pauses.values)
        }
        for pause in pauses { pause.cancel() }
    }

    /// Waits so long; false when the client is closed or the task cancelled before.
    func pause(_ length: Duration) async -> Bool {
        let pause = Task { try await Task.sleep(for: length) }
        let id = state.withLock { state -> Int? in
            if state.isClosed { return nil }
            state.nextPause += 1
            state.pauses[state.nextPause] = pause
            return state.nextPause
        }
        guard let id else {
            pause.cancel()
            return false
        }
        defer { _ = state.withLock { $0.pauses.removeValue(forKey: id) } }
        do {
            try await withTaskCancellationHandler {
                try await pause.value
            } onCancel: {
                pause.cancel()
            }
            return true
        } catch {
            return false
        }
    }
}
