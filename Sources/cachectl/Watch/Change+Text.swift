// One change on a line of its own; pure functions.

import CacheManagerClient
import Console

extension Invalidations.Change {
    private static let kindColumns = 10

    /// Kind, target, version, origin and cause.
    var text: String {
        let padding = String(repeating: " ", count: max(0, Self.kindColumns - kind.rawValue.count))
        var parts = [kind.rawValue + padding, targetText, "version=\(version)"]
        if let originID { parts.append("origin=\(PlainText.quoted(originID))") }
        if let cause { parts.append("cause=\(PlainText.quoted(cause))") }
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
