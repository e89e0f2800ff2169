// Owns the request of `StreamInvalidations`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.StreamInvalidationsRequest`: subscribes to changes.
package struct StreamInvalidationsRequest: Equatable {
    /// Globs over whole keys, as in `KeysRequest`; an event that matches any of them is sent, once.
    package var patterns: [ByteView] = []
    /// Where to continue: a token of an earlier answer. Empty: from now on.
    package var resumeToken = ByteView()
    /// How long the stream may be idle before a `progress`: 1 s to 1 h. Absent: 30 s.
    package var heartbeatInterval: ProtoDuration?
    /// Leaves out the events of this writer: see `Cache` on `x-cache-origin-id`.
    package var skipOriginId = ByteView()

    /// All fields as proto3 defaults them.
    package init() {}
}

extension StreamInvalidationsRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__stream_invalidations_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__StreamInvalidationsRequest>) {
        patterns = Array(c.pointee.n_patterns, at: c.pointee.patterns) { ByteView($0) }
        resumeToken = ByteView(c.pointee.resume_token)
        heartbeatInterval = ProtoDuration(c.pointee.heartbeat_interval)
        skipOriginId = ByteView(c.pointee.skip_origin_id)
    }

    func fill(_ c: inout Cachemanager__V1__StreamInvalidationsRequest, in arena: MessageArena) {
        c.n_patterns = patterns.count
        c.patterns = arena.list(patterns) { arena.text($0) }
        c.resume_token = arena.binary(resumeToken)
        c.heartbeat_interval = arena.makeIfPresent(heartbeatInterval)
        c.skip_origin_id = arena.text(skipOriginId)
    }
}
