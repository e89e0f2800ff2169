// State that tests wait on: a condition with a deadline instead of a sleep; any task.

import Dispatch
import Locks

/// The condition did not come true in time.
struct DeadlinePassed: Error, CustomStringConvertible {
    let description: String
}

/// A value that others change, and tasks that wait until it fulfils a condition.
final class Monitor<Value: Sendable>: Sendable {
    /// Far more than anything here takes, even on a machine that is busy with other tests.
    static var patience: DispatchTimeInterval { .seconds(30) }

    private struct State {
        var value: Value
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextListener = 0
    }

    private let state: Locked<State>

    init(_ value: Value) { state = Locked(State(value: value)) }

    var value: Value { state.withLock { $0.value } }

    func update(_ change: (inout Value) -> Void) {
        let listeners = state.withLock { state in
            change(&state.value)
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield() }
    }

    /// Waits until `find` finds something. Throws when that takes too long, with `what` and the
    /// value as it is by then.
    func wait<Found>(
        for what: String, _ find: (Value) throws -> Found?
    ) async throws -> Found {
        let (changes, listener) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = listener
            return state.nextListener
        }
        defer { _ = state.withLock { $0.listeners.removeValue(forKey: id) } }
        let deadline = DispatchWorkItem { listener.finish() }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience, execute: deadline)
        defer { deadline.cancel() }
        listener.yield()
        for await _ in changes {
            if let found = try find(value) { return found }
        }
        throw DeadlinePassed(description: "there was no \(what); there is \(value)")
    }
}
