// Connections to the servers of a configuration, and the calls on them; safe to use from any
// task.

import Locks
package import NIOCore

/// Calls to servers that may come and go: connects on the first call and again when it must.
package final class ClientChannel: Sendable {
    /// How the channel stands (grpc `doc/connectivity-semantics-and-api.md`).
    package enum State: String, Sendable {
        /// Nothing has been called yet.
        case idle
        /// No server is ready, and at least one is being connected to.
        case connecting
        /// At least one server takes calls.
        case ready
        /// No server could be reached; the channel tries again by itself.
        case transientFailure
        /// Closed.
        case shutdown
    }

    private let configuration: ClientConfiguration
    private let group: any EventLoopGroup
    private let current = Locked<(State, ClientConnection?)>((.idle, nil))

    /// A channel, idle until the first call.
    package init(_ configuration: ClientConfiguration, group: any EventLoopGroup) {
        self.configuration = configuration
        self.group = group
    }

    /// How it stands now.
    package var state: State { current.withLock { $0.0 } }

    /// One message each way. Throws any status but OK.
    package func unary(
        _ path: String, _ request: [UInt8], options: CallOptions = .init()
    ) async throws(GRPCStatus) -> [UInt8] {
        try await connection().unary(path, request, options: options)
    }

    /// Opens a call of any kind. Throws UNAVAILABLE where no server can be reached.
    package func stream(
        _ path: String, options: CallOptions = .init()
    ) async throws(GRPCStatus) -> ClientStream {
        try await connection().stream(path, options: options)
    }

    /// Closes every connection; calls in flight end with UNAVAILABLE.
    package func close() async {
        let last = current.withLock { current in
            defer { current = (.shutdown, nil) }
            return current.1
        }
        await last?.close()
    }

    private func connection() async throws(GRPCStatus) -> ClientConnection {
        let (state, connection) = current.withLock { $0 }
        if state == .shutdown { throw GRPCStatus(.unavailable, "the channel is closed") }
        if let connection, connection.isActive { return connection }
        guard let target = configuration.targets.first else {
            throw GRPCStatus(.unavailable, "there is no server to call")
        }
        let made = try await ClientConnection.connect(
            host: target.host, port: target.port, group: group,
            timeout: configuration.connectTimeout)
        let isClosed = current.withLock { current in
            if current.0 == .shutdown { return true }
            current = (.ready, made)
            return false
        }
        if isClosed {
            await made.close()
            throw GRPCStatus(.unavailable, "the channel is closed")
        }
        return made
    }
}
