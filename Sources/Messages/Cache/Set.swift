// Owns the messages of `Set`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// Why a write was not stored. Open: a number this version does not know is kept.
package struct NotStoredReason: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package var rawValue: Int32

    /// The value of this number, known or not.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// It was stored.
    package static let unspecified = NotStoredReason(rawValue: 0)
    /// `if_absent` was asked, and the key exists.
    package static let exists = NotStoredReason(rawValue: 1)
    /// `if_present` or `if_version` was asked, and the key does not exist.
    package static let absent = NotStoredReason(rawValue: 2)
    /// `if_version` was asked, and the entry has another version.
    package static let versionMismatch = NotStoredReason(rawValue: 3)
    /// The namespace never evicts, and its budget is full.
    package static let noRoom = NotStoredReason(rawValue: 4)
    /// The shared level did not take it, and the namespace goes on without.
    package static let l2Unavailable = NotStoredReason(rawValue: 5)
}

/// `cachemanager.v1.SetRequest`: writes one entry, if its condition holds.
package struct SetRequest: Equatable {
    /// The key, as in `GetRequest`.
    package var key = ByteView()
    /// The value, at most 1 MiB by default. It may be empty.
    package var value = ByteView()
    /// How long the entry lives: more than zero, at most ten years. Absent: as the namespace says.
    package var ttl: ProtoDuration?
    /// The entry never expires. Not together with `ttl`.
    package var noExpiry = false
    /// The value's media type, at most 255 bytes.
    package var contentType = ByteView()
    /// Up to 64 pairs that come back with the value; 8 KiB in all.
    package var metadata: [MetadataPair] = []
    /// Up to 32 tags of 1 to 256 bytes, for invalidation by tag.
    package var tags: [ByteView] = []
    /// Writes only if this holds.
    package var condition = Condition.none

    /// What must hold for the write.
    package enum Condition: Equatable {
        case none
        case ifAbsent(Bool)
        case ifPresent(Bool)
        case ifVersion(UInt64)
    }

    /// All fields as proto3 defaults them.
    package init() {}
}

extension SetRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__set_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__SetRequest>) {
        key = ByteView(c.pointee.key)
        value = ByteView(c.pointee.value)
        ttl = ProtoDuration(c.pointee.ttl)
        noExpiry = c.pointee.no_expiry != 0
        contentType = ByteView(c.pointee.content_type)
        metadata = Array(c.pointee.n_metadata, at: c.pointee.metadata) { MetadataPair($0) }
        tags = Array(c.pointee.n_tags, at: c.pointee.tags) { ByteView($0) }
        switch c.pointee.condition_case {
        case CACHEMANAGER__V1__SET_REQUEST__CONDITION_IF_ABSENT:
            condition = .ifAbsent(c.pointee.if_absent != 0)
        case CACHEMANAGER__V1__SET_REQUEST__CONDITION_IF_PRESENT:
            condition = .ifPresent(c.pointee.if_present != 0)
        case CACHEMANAGER__V1__SET_REQUEST__CONDITION_IF_VERSION:
            condition = .ifVersion(c.pointee.if_version)
        default:
            condition = .none
        }
    }

    func fill(_ c: inout Cachemanager__V1__SetRequest, in arena: MessageArena) {
        c.key = arena.text(key)
        c.value = arena.binary(value)
        c.ttl = arena.makeIfPresent(ttl)
        c.no_expiry = .init(noExpiry)
        c.content_type = arena.text(contentType)
        c.n_metadata = metadata.count
        c.metadata = arena.list(metadata) { $0.entry(in: arena) }
        c.n_tags = tags.count
        c.tags = arena.list(tags) { arena.text($0) }
        switch condition {
        case .none:
            c.condition_case = CACHEMANAGER__V1__SET_REQUEST__CONDITION__NOT_SET
        case .ifAbsent(let holds):
            c.condition_case = CACHEMANAGER__V1__SET_REQUEST__CONDITION_IF_ABSENT
            c.if_absent = .init(holds)
        case .ifPresent(let holds):
            c.condition_case = CACHEMANAGER__V1__SET_REQUEST__CONDITION_IF_PRESENT
            c.if_present = .init(holds)
        case .ifVersion(let version):
            c.condition_case = CACHEMANAGER__V1__SET_REQUEST__CONDITION_IF_VERSION
            c.if_version = version
        }
    }
}

/// `cachemanager.v1.SetResponse`: the outcome of a write.
package struct SetResponse: Equatable {
    /// Whether the entry was stored.
    package var stored = false
    /// The new version; 0 when not stored or not known yet.
    package var version: UInt64 = 0
    /// When the entry expires; absent when it never does or was not stored.
    package var expiresAt: ProtoTimestamp?
    /// Why it was not stored.
    package var reason = NotStoredReason.unspecified
    /// The version the key has, where a condition failed; 0 when it does not exist.
    package var currentVersion: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension SetResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__set_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__SetResponse>) {
        stored = c.pointee.stored != 0
        version = c.pointee.version
        expiresAt = ProtoTimestamp(c.pointee.expires_at)
        reason = NotStoredReason(rawValue: Int32(bitPattern: c.pointee.reason.rawValue))
        currentVersion = c.pointee.current_version
    }

    func fill(_ c: inout Cachemanager__V1__SetResponse, in arena: MessageArena) {
        c.stored = .init(stored)
        c.version = version
        c.expires_at = arena.makeIfPresent(expiresAt)
        c.reason = Cachemanager__V1__NotStoredReason(rawValue: reason.bits)
        c.current_version = currentVersion
    }
}
