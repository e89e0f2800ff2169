// Lets whoever drains a server wait for the last connection to leave; any thread.

import Locks

/// A wait that ends at once when what it waits for happens, or when patience ends.
final class LastDeparture: Sendable {
    private enum State {
        case nobodyWaits
        case waiting(CheckedContinuation<Bool, Never>)
        case patienceEnded
    }

    private let state = Locked(State.nobodyWaits)

    /// Waits for `happened`. False: `endPatience` came first, or the task was cancelled.
    ///
    /// - Parameter isOver: asked once the wait has begun, for what happened just before.
    func wait(unless isOver: @Sendable () -> Bool) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayWait = state.withLock { state -> Bool in
                    if case .patienceEnded = state { return false }
                    state = .waiting(continuation)
                    return true
                }
                guard mayWait else { return continuation.resume(returning: isOver()) }
                if isOver() { happened() }
            }
        } onCancel: {
            endPatience()
        }
    }

    /// What is waited for has happened; without anyone who waits, nothing is remembered.
    func happened() {
        let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = .nobodyWaits
            return continuation
        }
        waiting?.resume(returning: true)
    }

    /// Nobody waits any more, now or later.
    func endPatience() {
        let waiting = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            defer { state = .patienceEnded }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        waiting?.resume(returning: false)
    }
}
