// The picker that a channel's loop writes and its callers read; any thread.

import Locks

/// A picker behind its lock, shared by a channel and its loop.
final class Picture: Sendable {
    private let picker = Locked(ConnectionPicker())

    var state: ClientChannel.State { picker.withLock { $0.state } }

    /// The connection of a call, or what to do without one.
    func pick(waitForReady: Bool) -> ConnectionPicker.Pick {
        picker.withLock { $0.pick(waitForReady: waitForReady) }
    }

    func update(
        _ state: ClientChannel.State, _ connections: [ClientConnection], _ failure: GRPCStatus,
        start: Int
    ) {
        picker.withLock { $0.update(state, connections, failure, start: start) }
    }
}
