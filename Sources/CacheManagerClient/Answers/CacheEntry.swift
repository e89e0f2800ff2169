// What reading an entry gives; values.

import Messages

/// One entry of the cache.
public struct CacheEntry: Sendable, Hashable {
    /// Where a value came from.
    public enum Source: String, Sendable, Hashable {
        /// The memory of the instance that answered.
        case l1
        /// The level that the instances share.
        case l2
        /// The origin behind the cache.
        case origin
        /// A place that this version of the library does not know.
        case unknown
    }

    /// The key.
    public var key: String
    /// The value; empty where the caller held it already.
    public var value: [UInt8]
    /// It grows with every change of the key. 0: not known yet, because the server writes to the
    /// shared level later (`l2_writes: async`).
    public var version: UInt64
    /// Where the value came from.
    public var source: Source
    /// When the value was stored.
    public var cachedAt: CacheInstant?
    /// When the entry expires; nil when it never does.
    public var expiresAt: CacheInstant?
    /// Whether the value may be out of date: it is past its soft expiry and served while it is
    /// renewed, or served because the shared level has been out of reach for long.
    public var isStale: Bool
    /// The media type given with the value; empty when none was.
    public var contentType: String
    /// The metadata given with the value.
    public var metadata: [String: String]
    /// The tags given with the value.
    public var tags: [String]
}

extension CacheEntry {
    /// Copies what a response says about the key.
    init(key: String, _ response: GetResponse) {
        self.key = key
        value = response.value.array
        version = response.version
        source =
            switch response.source {
            case .l1: .l1
            case .l2: .l2
            case .origin: .origin
            default: .unknown
            }
        cachedAt = CacheInstant(response.cachedAt)
        expiresAt = CacheInstant(response.expiresAt)
        isStale = response.stale
        contentType = response.contentType.string
        metadata = [:]
        for pair in response.metadata { metadata[pair.name.string] = pair.value.string }
        tags = response.tags.map(\.string)
    }
}

extension CacheClient {
    /// What reading says to a caller that may hold the value already.
    public enum Lookup: Sendable, Hashable {
        /// Another version than the one held.
        case found(CacheEntry)
        /// The version that is held; the value, the metadata and the tags are left out.
        case unchanged(CacheEntry)
        /// There is no entry.
        case missing
    }
}

/// The version and the end of an entry.
public struct EntryLife: Sendable, Hashable {
    /// It grows with every change of the key.
    public var version: UInt64
    /// When the entry expires; nil when it never does.
    public var expiresAt: CacheInstant?
}
