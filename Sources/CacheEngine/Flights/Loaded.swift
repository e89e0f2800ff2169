// Owns what a loader brings back; a value, usable on every thread.

/// A value from behind the cache, with bytes of its own.
public struct Loaded: Sendable {
    /// A name and its value.
    public typealias MetadataPair = (name: [UInt8], value: [UInt8])

    /// The value.
    public var value: [UInt8]
    /// The value's media type; empty when unknown.
    public var contentType: [UInt8]
    /// The metadata, in the order they come back.
    public var metadata: [MetadataPair]
    /// The tags, in the order they come back.
    public var tags: [[UInt8]]
    /// How long the entry lives.
    public var ttl: TimeToLive
    /// After how long the value is stale; nil: never.
    public var softTTL: Duration?

    /// A loaded value.
    public init(
        value: [UInt8], contentType: [UInt8] = [], metadata: [MetadataPair] = [],
        tags: [[UInt8]] = [], ttl: TimeToLive = .inherited, softTTL: Duration? = nil
    ) {
        self.value = value
        self.contentType = contentType
        self.metadata = metadata
        self.tags = tags
        self.ttl = ttl
        self.softTTL = softTTL
    }

    /// Shows `body` the draft of an entry of this value.
    func withDraft<Result>(key: [UInt8], _ body: (EntryDraft) -> Result) -> Result {
        // Small things are laid end to end, so that one pointer serves all their views.
        let small = contentType + metadata.flatMap { $0.name + $0.value } + tags.flatMap { $0 }
        return key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                small.withUnsafeBytes { small in
                    var rest = small[...]
                    func next(_ count: Int) -> UnsafeRawBufferPointer {
                        defer { rest = rest.dropFirst(count) }
                        return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
                    }
                    let draft = EntryDraft(
                        key: key, value: value, contentType: next(contentType.count),
                        metadata: metadata.map { (next($0.name.count), next($0.value.count)) },
                        tags: tags.map { next($0.count) }, ttl: ttl)
                    return body(draft.stale(after: softTTL))
                }
            }
        }
    }
}
