// Owns the messages of `Exists`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.ExistsRequest`: asks whether a key exists.
package struct ExistsRequest: Equatable {
    /// The key, as in `GetRequest`.
    package var key = ByteView()

    /// All fields as proto3 defaults them.
    package init() {}
}

extension ExistsRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__exists_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__ExistsRequest>) {
        key = ByteView(c.pointee.key)
    }

    func fill(_ c: inout Cachemanager__V1__ExistsRequest, in arena: MessageArena) {
        c.key = arena.text(key)
    }
}

/// `cachemanager.v1.ExistsResponse`: whether a key exists.
package struct ExistsResponse: Equatable {
    /// Whether there is an entry.
    package var exists = false
    /// When it expires; absent when it never does or does not exist.
    package var expiresAt: ProtoTimestamp?
    /// The entry's version; 0 when it does not exist.
    package var version: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension ExistsResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__exists_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__ExistsResponse>) {
        exists = c.pointee.exists != 0
        expiresAt = ProtoTimestamp(c.pointee.expires_at)
        version = c.pointee.version
    }

    func fill(_ c: inout Cachemanager__V1__ExistsResponse, in arena: MessageArena) {
        c.exists = .init(exists)
        c.expires_at = arena.makeIfPresent(expiresAt)
        c.version = version
    }
}
