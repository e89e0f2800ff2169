// An entry on its way to the cache; a value.

import Messages

/// An entry to be written.
public struct NewEntry: Sendable, Hashable {
    /// 1 to 1,024 bytes of UTF-8 without control characters; the part before the first `:` is its
    /// namespace.
    public var key: String
    /// The value, at most 1 MiB unless the server is told otherwise. It may be empty.
    public var value: [UInt8]
    /// How long it lives.
    public var ttl: TimeToLive
    /// What must hold for the write.
    public var condition: CacheClient.Condition
    /// The value's media type, at most 255 bytes; empty: none.
    public var contentType: String
    /// Up to 64 pairs that come back with the value; 8 KiB in all.
    public var metadata: [String: String]
    /// Up to 32 tags of 1 to 256 bytes, for invalidation by tag.
    public var tags: [String]

    /// An entry; by default written in any case, to live as its namespace says.
    public init(
        key: String, value: [UInt8], ttl: TimeToLive = .standard,
        condition: CacheClient.Condition = .always,
        contentType: String = "", metadata: [String: String] = [:], tags: [String] = []
    ) {
        self.key = key
        self.value = value
        self.ttl = ttl
        self.condition = condition
        self.contentType = contentType
        self.metadata = metadata
        self.tags = tags
    }

    /// About what it takes in a request.
    var bytes: Int {
        let pairs = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 8 }
        let marks = tags.reduce(0) { $0 + $1.utf8.count + 4 }
        return key.utf8.count + value.count + contentType.utf8.count + pairs + marks
    }

    func message(in arena: RequestArena) -> SetRequest {
        var request = SetRequest()
        request.key = arena.copy(key)
        request.value = arena.copy(value)
        request.ttl = ttl.message
        request.noExpiry = ttl == .never
        request.condition = condition.message
        request.contentType = arena.copy(contentType)
        request.tags = tags.map(arena.copy)
        request.metadata = metadata.map {
            MetadataPair(name: arena.copy($0.key), value: arena.copy($0.value))
        }
        return request
    }
}
