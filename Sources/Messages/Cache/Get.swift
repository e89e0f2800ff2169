// Owns the messages of `Get`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// Which levels a read may use. Open: a number this version does not know is kept.
package struct ReadMode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package var rawValue: Int32

    /// The value of this number, known or not.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The default: every level, and the origin where the namespace has one.
    package static let unspecified = ReadMode(rawValue: 0)
    /// Not this instance's memory when a shared level lies behind it.
    package static let skipL1 = ReadMode(rawValue: 1)
    /// Only what is cached: never calls the origin.
    package static let cachedOnly = ReadMode(rawValue: 2)
}

/// Where a value came from. Open: a number this version does not know is kept.
package struct Source: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package var rawValue: Int32

    /// The value of this number, known or not.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// There was no value.
    package static let unspecified = Source(rawValue: 0)
    /// The memory of the answering instance.
    package static let l1 = Source(rawValue: 1)
    /// The shared level.
    package static let l2 = Source(rawValue: 2)
    /// The origin behind the cache.
    package static let origin = Source(rawValue: 3)
}

/// `cachemanager.v1.GetRequest`: asks for one entry.
package struct GetRequest: Equatable {
    /// The key: 1 to 1,024 bytes of UTF-8 without control characters.
    package var key = ByteView()
    /// Which levels may answer.
    package var mode = ReadMode.unspecified
    /// A version the caller holds already: when the entry still has it, the answer is
    /// `not_modified` without the value. 0 asks for the value in any case.
    package var ifVersionNot: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension GetRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__get_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__GetRequest>) {
        key = ByteView(c.pointee.key)
        mode = ReadMode(rawValue: Int32(bitPattern: c.pointee.mode.rawValue))
        ifVersionNot = c.pointee.if_version_not
    }

    func fill(_ c: inout Cachemanager__V1__GetRequest, in arena: MessageArena) {
        c.key = arena.text(key)
        c.mode = Cachemanager__V1__ReadMode(rawValue: mode.bits)
        c.if_version_not = ifVersionNot
    }
}

/// `cachemanager.v1.GetResponse`: one entry, or a miss.
package struct GetResponse: Equatable {
    /// Whether there is an entry.
    package var hit = false
    /// The value; empty on a miss and when `not_modified`.
    package var value = ByteView()
    /// Where the value came from.
    package var source = Source.unspecified
    /// The entry's version: it grows with every change of the key.
    package var version: UInt64 = 0
    /// When the value was stored.
    package var cachedAt: ProtoTimestamp?
    /// When the entry expires; absent when it never does.
    package var expiresAt: ProtoTimestamp?
    /// Whether the value is past its soft expiry and served while it is renewed.
    package var stale = false
    /// The media type given with the value.
    package var contentType = ByteView()
    /// The metadata given with the value.
    package var metadata: [MetadataPair] = []
    /// The tags given with the value.
    package var tags: [ByteView] = []
    /// Whether the entry has the version named by `if_version_not`.
    package var notModified = false

    /// All fields as proto3 defaults them.
    package init() {}
}

extension GetResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__get_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__GetResponse>) {
        hit = c.pointee.hit != 0
        value = ByteView(c.pointee.value)
        source = Source(rawValue: Int32(bitPattern: c.pointee.source.rawValue))
        version = c.pointee.version
        cachedAt = ProtoTimestamp(c.pointee.cached_at)
        expiresAt = ProtoTimestamp(c.pointee.expires_at)
        stale = c.pointee.stale != 0
        contentType = ByteView(c.pointee.content_type)
        metadata = Array(c.pointee.n_metadata, at: c.pointee.metadata) { MetadataPair($0) }
        tags = Array(c.pointee.n_tags, at: c.pointee.tags) { ByteView($0) }
        notModified = c.pointee.not_modified != 0
    }

    func fill(_ c: inout Cachemanager__V1__GetResponse, in arena: MessageArena) {
        c.hit = .init(hit)
        c.value = arena.binary(value)
        c.source = Cachemanager__V1__Source(rawValue: source.bits)
        c.version = version
        c.cached_at = arena.makeIfPresent(cachedAt)
        c.expires_at = arena.makeIfPresent(expiresAt)
        c.stale = .init(stale)
        c.content_type = arena.text(contentType)
        c.n_metadata = metadata.count
        c.metadata = arena.list(metadata) { $0.entry(in: arena) }
        c.n_tags = tags.count
        c.tags = arena.list(tags) { arena.text($0) }
        c.not_modified = .init(notModified)
    }
}
