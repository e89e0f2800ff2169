// Why Redis did not answer; a value, any thread.

/// Why a command has no answer. Its text holds no value, no key and no password.
package struct RedisError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure, for programs.
    package enum Code: String, Hashable, Sendable {
        /// No connection could be made.
        case connectFailed
        /// The connection ended before the answer came: the command may have been executed.
        case connectionLost
        /// The answer did not come in time: the command may have been executed.
        case timedOut
        /// The queue of the connection is full: the command was not sent.
        case overloaded
        /// The circuit breaker of the shard is open: the command was not sent.
        case breakerOpen
        /// No shard is known that has the partition, or none yet: the command was not sent.
        case noShard
        /// The server does not let us in: the wrong password, user or database, no TLS.
        case accessRefused
        /// The server's bytes are no RESP, or answer something else than what was asked.
        case protocolViolation
        /// The server refused the command.
        case server
        /// The server has no memory left for writes.
        case outOfMemory
        /// The store belongs to a deployment with other constants, or holds what is not ours.
        case incompatible
        /// The client was shut down: the command was not sent.
        case closed
    }

    /// The kind of failure.
    package let code: Code
    /// What happened and what to do, for people.
    package let description: String
    /// Which shard it was, where one is known.
    package var shard: String?

    /// A failure.
    package init(_ code: Code, _ description: String, shard: String? = nil) {
        self.code = code
        self.description = description
        self.shard = shard
    }

    /// Whether waiting changes nothing: somebody has to correct the settings or the server.
    var needsCorrection: Bool { code == .accessRefused || code == .incompatible }

    /// Whether the command certainly was not executed.
    package var isCertainlyUnexecuted: Bool {
        switch code {
        case .connectFailed, .overloaded, .breakerOpen, .noShard, .accessRefused, .closed,
            .outOfMemory, .server, .incompatible:
            true
        case .connectionLost, .timedOut, .protocolViolation: false
        }
    }
}
