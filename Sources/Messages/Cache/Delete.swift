// Owns the messages of `Delete`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.DeleteRequest`: removes one entry.
package struct DeleteRequest: Equatable {
    /// The key, as in `GetRequest`.
    package var key = ByteView()
    /// Removes only an entry of this version; 0: any.
    package var ifVersion: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension DeleteRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__delete_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__DeleteRequest>) {
        key = ByteView(c.pointee.key)
        ifVersion = c.pointee.if_version
    }

    func fill(_ c: inout Cachemanager__V1__DeleteRequest, in arena: MessageArena) {
        c.key = arena.text(key)
        c.if_version = ifVersion
    }
}

/// `cachemanager.v1.DeleteResponse`: the outcome of a removal.
package struct DeleteResponse: Equatable {
    /// Whether the key existed before the call.
    package var existed = false
    /// The version of the removal; 0 when nothing was removed.
    package var version: UInt64 = 0
    /// Whether the entry was removed: false when it did not exist or `if_version` differs.
    package var deleted = false
    /// The version the key has, where `if_version` failed.
    package var currentVersion: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension DeleteResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__delete_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__DeleteResponse>) {
        existed = c.pointee.existed != 0
        version = c.pointee.version
        deleted = c.pointee.deleted != 0
        currentVersion = c.pointee.current_version
    }

    func fill(_ c: inout Cachemanager__V1__DeleteResponse, in arena: MessageArena) {
        c.existed = .init(existed)
        c.version = version
        c.deleted = .init(deleted)
        c.current_version = currentVersion
    }
}
