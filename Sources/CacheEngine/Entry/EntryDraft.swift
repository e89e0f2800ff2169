// Owns what a caller asks to be stored; lives on the calling thread for the length of the call.

/// How long an entry lives.
public enum TimeToLive: Hashable, Sendable {
    /// As the namespace says, and where it says nothing as the configuration's default says.
    case inherited
    /// For good.
    case never
    /// For this long.
    case after(Duration)
}

/// An entry about to be stored. Its bytes are borrowed: they must stay valid during the call.
public struct EntryDraft {
    /// The most bytes a key may have.
    public static let maxKeyBytes = Int(UInt16.max)
    /// The most bytes a value may have.
    public static let maxValueBytes = Int(Int32.max)
    /// The most bytes a content type may have.
    public static let maxContentTypeBytes = Int(UInt16.max)
    /// The most pairs of metadata, and the most tags.
    public static let maxAnnotations = Int(UInt16.max)

    /// A name and its value.
    public typealias MetadataPair = (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)

    /// The key, namespace included.
    public var key: UnsafeRawBufferPointer
    /// The value.
    public var value: UnsafeRawBufferPointer
    /// Whether the value is compressed. The engine keeps the mark and looks no further.
    package var isCompressed = false
    /// The value's media type; empty when unknown.
    public var contentType: UnsafeRawBufferPointer
    /// The metadata, in the order they come back.
    public var metadata: [MetadataPair]
    /// The tags, in the order they come back.
    public var tags: [UnsafeRawBufferPointer]
    /// How long the entry lives.
    public var ttl: TimeToLive
    /// After so many nanoseconds the value is stale; the largest number: it never is. A `Duration`
    /// would be twice as wide, and drafts are copied on every write.
    package private(set) var softNanoseconds = Int64.max

    /// An entry about to be stored.
    public init(
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer,
        contentType: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        metadata: [MetadataPair] = [], tags: [UnsafeRawBufferPointer] = [],
        ttl: TimeToLive = .inherited
    ) {
        self.key = key
        self.value = value
        self.contentType = contentType
        self.metadata = metadata
        self.tags = tags
        self.ttl = ttl
    }

    /// The entry, whose value is stale after `softTTL`; nil: never.
    public func stale(after softTTL: Duration?) -> EntryDraft {
        var draft = self
        draft.softNanoseconds = softTTL?.saturatedNanoseconds ?? .max
        return draft
    }
}
