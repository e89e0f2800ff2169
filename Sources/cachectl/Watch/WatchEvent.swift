// One change as `watch` knows it; a value.

import Messages

/// What happened, to what, and who did it, where that is known.
struct WatchEvent: Equatable, Sendable {
    /// What the event names: one key, or a selector.
    enum Target: Equatable, Sendable {
        case key(String)
        case pattern(String)
        case tag(String)
        case everything
        case unknown
    }

    var target: Target
    var kind: String
    var version: UInt64
    var originID: String
    var cause: String

    init(
        target: Target, kind: String, version: UInt64, originID: String = "", cause: String = ""
    ) {
        self.target = target
        self.kind = kind
        self.version = version
        self.originID = originID
        self.cause = cause
    }

    init(_ event: Event) {
        target =
            switch event.target {
            case .key(let key): .key(key.string)
            case .pattern(let pattern): .pattern(pattern.string)
            case .tag(let tag): .tag(tag.string)
            case .everything: .everything
            case .none: .unknown
            }
        kind = Self.kinds[event.kind] ?? "unknown"
        version = event.version
        originID = event.originId.string
        cause = event.cause.string
    }

    private static let kinds: [EventKind: String] = [
        .set: "set", .delete: "delete", .touch: "touch", .expire: "expire",
        .invalidate: "invalidate",
    ]
    private static let kindColumns = 10

    /// Kind, target, version, origin and cause, for a line of its own.
    var text: String {
        var parts = [kind.padding(to: Self.kindColumns), targetText, "version=\(version)"]
        if !originID.isEmpty { parts.append("origin=\(PlainText.quoted(originID))") }
        if !cause.isEmpty { parts.append("cause=\(PlainText.quoted(cause))") }
        return parts.joined(separator: " ")
    }

    private var targetText: String {
        switch target {
        case .key(let key): "key=\(PlainText.quoted(key))"
        case .pattern(let pattern): "pattern=\(PlainText.quoted(pattern))"
        case .tag(let tag): "tag=\(PlainText.quoted(tag))"
        case .everything: "everything"
        case .unknown: "unknown"
        }
    }
}

extension String {
    fileprivate func padding(to columns: Int) -> String {
        self + String(repeating: " ", count: max(0, columns - count))
    }
}
