// What `exists` answers; a value.

import CacheManagerClient
import Console

/// Whether a key exists, and until when.
struct ExistsAnswer: Encodable, Equatable, Sendable {
    var key: String
    var exists: Bool
    var version: UInt64?
    var expiresAt: CacheInstant?

    init(key: String, _ life: EntryLife?) {
        self.key = key
        exists = life != nil
        version = life?.version
        expiresAt = life?.expiresAt
    }
}

extension ExistsAnswer: Answer {
    var text: String {
        let key = PlainText.line(key)
        guard exists else { return "\(key) does not exist" }
        let life = expiresAt.map { "expires \($0.millisecondsText)" } ?? "never expires"
        return "\(key) exists, version \(version ?? 0), \(life)"
    }
}
