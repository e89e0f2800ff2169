// What a call needs to know to find its connection; a value behind the channel's lock.

/// The picture that the channel's loop draws for callers on any task.
struct ConnectionPicker {
    enum Pick {
        case connection(ClientConnection)
        /// One may come.
        case wait
        case failed(GRPCStatus)
    }

    private(set) var state = ClientChannel.State.idle
    /// Why no server can be reached, while the state is `transientFailure` or `shutdown`.
    private var failure = GRPCStatus.ok
    private var ready = RoundRobin<ClientConnection>()

    /// The connection of the next call.
    mutating func pick(waitForReady: Bool) -> Pick {
        if let connection = ready.next(where: \.takesCalls) { return .connection(connection) }
        switch state {
        // When every connection is about to go away, the loop will hear of it.
        case .idle, .connecting, .ready: return .wait
        case .transientFailure: return waitForReady ? .wait : .failed(failure)
        case .shutdown: return .failed(failure)
        }
    }

    mutating func update(
        _ state: ClientChannel.State, _ connections: [ClientConnection], _ failure: GRPCStatus,
        start: Int
    ) {
        self.state = state
        self.failure = failure
        ready = RoundRobin(connections, start: start)
    }
}
