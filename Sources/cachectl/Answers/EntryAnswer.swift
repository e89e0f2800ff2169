// What `get` answers; a value.

import CacheManagerClient
import Console

/// One entry, or a miss.
struct EntryAnswer: Equatable, Sendable {
    var key: String
    /// Nil on a miss.
    var entry: CacheEntry?
    /// Whether the value was left out because the caller holds it.
    var isNotModified = false
    /// Whether the value is shown; not when it went into a file.
    var showsValue = true

    init(key: String, _ entry: CacheEntry?) {
        self.key = key
        self.entry = entry
    }

    init(key: String, _ lookup: CacheClient.Lookup) {
        self.key = key
        switch lookup {
        case .found(let entry): self.entry = entry
        case .unchanged(let entry):
            self.entry = entry
            isNotModified = true
        case .missing: break
        }
    }
}

extension EntryAnswer: Answer {
    /// The key and the value on one line, for several keys at once.
    var text: String { "\(PlainText.line(key))\t\(PlainText.value(entry?.value ?? []))" }

    /// Everything but the value, a line each; nothing on a miss.
    var details: [String] {
        guard let entry else { return [] }
        var table = Table([], leftColumns: [0, 1])
        table.add(["version", String(entry.version)])
        table.add(["size", "\(entry.value.count) B"])
        table.add(["stored", entry.cachedAt?.millisecondsText ?? "-"])
        table.add(["expires", entry.expiresAt?.millisecondsText ?? "never"])
        if let source = entry.sourceName {
            table.add(["source", source + (entry.isStale ? ", stale" : "")])
        }
        if !entry.contentType.isEmpty {
            table.add(["content type", PlainText.line(entry.contentType)])
        }
        for (name, value) in entry.metadata.sorted(by: { $0.key < $1.key }) {
            table.add(["metadata", "\(PlainText.quoted(name))=\(PlainText.quoted(value))"])
        }
        for tag in entry.tags { table.add(["tag", PlainText.line(tag)]) }
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
        try container.encode(entry != nil, forKey: .isHit)
        guard let entry else { return }
        try container.encode(isNotModified, forKey: .isNotModified)
        if showsValue, !isNotModified {
            if let text = String(validating: entry.value, as: UTF8.self) {
                try container.encode(text, forKey: .value)
            } else {
                try container.encode(Base64Text.encode(entry.value), forKey: .base64)
            }
        }
        try container.encodeIfPresent(entry.sourceName, forKey: .source)
        try container.encode(entry.version, forKey: .version)
        try container.encodeIfPresent(entry.cachedAt, forKey: .cachedAt)
        try container.encodeIfPresent(entry.expiresAt, forKey: .expiresAt)
        try container.encode(entry.isStale, forKey: .isStale)
        if !entry.contentType.isEmpty {
            try container.encode(entry.contentType, forKey: .contentType)
        }
        if !entry.metadata.isEmpty { try container.encode(entry.metadata, forKey: .metadata) }
        if !entry.tags.isEmpty { try container.encode(entry.tags, forKey: .tags) }
    }
}

extension CacheEntry {
    /// Where the value came from; nil when that is not known.
    fileprivate var sourceName: String? { source == .unknown ? nil : source.rawValue }
}
