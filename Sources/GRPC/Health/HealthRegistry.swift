// What the server says of the health of its services; any thread.

import Locks
package import Messages

/// The statuses, and who wants to hear of their changes.
package final class HealthRegistry: Sendable {
    /// A change callback; it must only hand the news on to its own event loop.
    typealias Listener = @Sendable () -> Void

    /// The longest name of a service that is asked for, in bytes.
    static let nameBytes = 256

    private struct State {
        var statuses: [String: ServingStatus] = [:]
        var listeners: [UInt64: (service: String, listener: Listener)] = [:]
        var nextListener: UInt64 = 0
    }

    private let state: Locked<State>

    /// Every service starts NOT_SERVING; `""` is the whole server.
    package init(services: [String]) {
        let all = [""] + services
        state = Locked(
            State(statuses: Dictionary(uniqueKeysWithValues: all.map { ($0, .notServing) })))
    }

    /// Sets one status and tells who watches it.
    package func set(_ status: ServingStatus, for service: String) {
        change(service, to: status)
    }

    /// Forgets a service: from now on it does not exist, and who watches it is told so.
    package func remove(_ service: String) { change(service, to: nil) }

    private func change(_ service: String, to status: ServingStatus?) {
        let listeners = state.withLock { state -> [Listener] in
            guard state.statuses[service] != status else { return [] }
            state.statuses[service] = status
            return state.listeners.values.filter { $0.service == service }.map(\.listener)
        }
        for listener in listeners { listener() }
    }

    /// Says of the whole server and of each service whether it serves.
    package func setAll(serving: Bool) {
        for service in all().keys { set(serving ? .serving : .notServing, for: service) }
    }

    /// Nil for a service that does not exist.
    package func status(of service: String) -> ServingStatus? {
        state.withLock { $0.statuses[service] }
    }

    /// Every service and its status.
    package func all() -> [String: ServingStatus] { state.withLock { $0.statuses } }

    /// Calls the listener after every change of a service, until `remove`.
    func listen(to service: String, _ listener: @escaping Listener) -> UInt64 {
        state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = (service, listener)
            return state.nextListener
        }
    }

    func remove(_ id: UInt64) { state.withLock { $0.listeners[id] = nil } }
}
