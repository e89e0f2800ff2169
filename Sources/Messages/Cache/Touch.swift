// Owns the messages of `Touch`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.TouchRequest`: gives an entry a new time to live.
package struct TouchRequest: Equatable {
    /// The key, as in `GetRequest`.
    package var key = ByteView()
    /// How long the entry lives from now on. Absent: as the namespace says.
    package var ttl: ProtoDuration?
    /// The entry never expires. Not together with `ttl`.
    package var noExpiry = false

    /// All fields as proto3 defaults them.
    package init() {}
}

extension TouchRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__touch_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__TouchRequest>) {
        key = ByteView(c.pointee.key)
        ttl = ProtoDuration(c.pointee.ttl)
        noExpiry = c.pointee.no_expiry != 0
    }

    func fill(_ c: inout Cachemanager__V1__TouchRequest, in arena: MessageArena) {
        c.key = arena.text(key)
        c.ttl = arena.makeIfPresent(ttl)
        c.no_expiry = .init(noExpiry)
    }
}

/// `cachemanager.v1.TouchResponse`: the outcome of a touch.
package struct TouchResponse: Equatable {
    /// Whether there was an entry to touch.
    package var touched = false
    /// When it expires now; absent when it never does or does not exist.
    package var expiresAt: ProtoTimestamp?
    /// The entry's version, which a touch raises too; 0 when it does not exist.
    package var version: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension TouchResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__touch_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__TouchResponse>) {
        touched = c.pointee.touched != 0
        expiresAt = ProtoTimestamp(c.pointee.expires_at)
        version = c.pointee.version
    }

    func fill(_ c: inout Cachemanager__V1__TouchResponse, in arena: MessageArena) {
        c.touched = .init(touched)
        c.expires_at = arena.makeIfPresent(expiresAt)
        c.version = version
    }
}
