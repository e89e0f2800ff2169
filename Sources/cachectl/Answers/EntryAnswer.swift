// What `get` answers; a value.

import Messages

/// One entry, or a miss, apart from the memory that it was read from.
struct EntryAnswer: Equatable, Sendable {
    var key: String
    var isHit = false
    var isNotModified = false
    var value: [UInt8] = []
    var source: String?
    var version: UInt64 = 0
    var cachedAt: Moment?
    var expiresAt: Moment?
    var isStale = false
    var contentType = ""
    var metadata: [String: String] = [:]
    var tags: [String] = []
    /// Whether the value is shown; not when it went into a file.
    var showsValue = true

    init(key: String) { self.key = key }

    /// Copies what a response says about the key.
    init(key: String, _ response: GetResponse) {
        self.key = key
        isHit = response.hit
        isNotModified = response.notModified
        value = response.value.array
        source = Self.names[response.source]
        version = response.version
        cachedAt = response.cachedAt.map(Moment.init)
        expiresAt = response.expiresAt.map(Moment.init)
        isStale = response.stale
        contentType = response.contentType.string
        for pair in response.metadata { metadata[pair.name.string] = pair.value.string }
        tags = response.tags.map(\.string)
    }

    private static let names: [Source: String] = [.l1: "l1", .l2: "l2", .origin: "origin"]
}

extension EntryAnswer: Answer {
    /// The key and the value on one line, for several keys at once.
    var text: String { "\(PlainText.line(key))\t\(PlainText.value(value))" }

    /// Everything but the value, a line each.
    var details: [String] {
        var table = Table([], leftColumns: [0, 1])
        table.add(["version", String(version)])
        table.add(["size", "\(value.count) B"])
        table.add(["stored", cachedAt?.millisecondsText ?? "-"])
        table.add(["expires", expiresAt?.millisecondsText ?? "never"])
        if let source { table.add(["source", source + (isStale ? ", stale" : "")]) }
        if !contentType.isEmpty { table.add(["content type", PlainText.line(contentType)]) }
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            table.add(["metadata", "\(PlainText.quoted(name))=\(PlainText.quoted(value))"])
        }
        for tag in tags { table.add(["tag", PlainText.line(tag)]) }
        return table.lines
    }

    /// The contract's names, but for a value that is not text.
    private enum CodingKeys: String, CodingKey {
        case key, isHit = "hit", isNotModified = "notModified", value
        case base64 = "value_base64", source, version, cachedAt, expiresAt, isStale = "stale"
        case contentType, metadata, tags
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key, forKey: .key)
        try container.encode(isHit, forKey: .isHit)
        guard isHit else { return }
        try container.encode(isNotModified, forKey: .isNotModified)
        if showsValue, !isNotModified {
            if let text = String(validating: value, as: UTF8.self) {
                try container.encode(text, forKey: .value)
            } else {
                try container.encode(Base64Text.encode(value), forKey: .base64)
            }
        }
        try container.encodeIfPresent(source, forKey: .source)
        try container.encode(version, forKey: .version)
        try container.encodeIfPresent(cachedAt, forKey: .cachedAt)
        try container.encodeIfPresent(expiresAt, forKey: .expiresAt)
        try container.encode(isStale, forKey: .isStale)
        try container.encodeIfPresent(contentType.isEmpty ? nil : contentType, forKey: .contentType)
        try container.encodeIfPresent(metadata.isEmpty ? nil : metadata, forKey: .metadata)
        try container.encodeIfPresent(tags.isEmpty ? nil : tags, forKey: .tags)
    }
}
