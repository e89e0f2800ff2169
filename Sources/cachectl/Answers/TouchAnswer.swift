// What `touch` answers; a value.

import CacheManagerClient
import Console

/// The outcome of a touch.
struct TouchAnswer: Encodable, Equatable, Sendable {
    var key: String
    var touched: Bool
    var version: UInt64?
    var expiresAt: CacheInstant?

    init(key: String, _ life: EntryLife?) {
        self.key = key
        touched = life != nil
        version = life?.version
        expiresAt = life?.expiresAt
    }
}

extension TouchAnswer: Answer {
    var text: String {
        let key = PlainText.line(key)
        guard touched else { return "\(key) does not exist" }
        let life = expiresAt.map { "expires \($0.millisecondsText)" } ?? "never expires"
        return "touched \(key), version \(version ?? 0), \(life)"
    }
}
