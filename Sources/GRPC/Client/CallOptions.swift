// What one call asks for beyond its message; a value.

/// What a single call adds to the defaults.
package struct CallOptions: Sendable {
    /// Custom metadata of the call.
    package var metadata: Metadata
    /// How long the caller waits, for a connection included; nil: for ever.
    package var timeout: Duration?
    /// Whether the call waits while no server can be reached, instead of failing at once
    /// (grpc `doc/wait-for-ready.md`).
    package var waitForReady: Bool

    /// Whether messages are sent as gzip where that makes them smaller.
    package var compressesMessages: Bool

    /// Options; by default no metadata, no timeout, no waiting for an unreachable server, and
    /// no compression.
    package init(
        metadata: Metadata = .init(), timeout: Duration? = nil, waitForReady: Bool = false,
        compressesMessages: Bool = false
    ) {
        self.metadata = metadata
        self.timeout = timeout
        self.waitForReady = waitForReady
        self.compressesMessages = compressesMessages
    }
}
