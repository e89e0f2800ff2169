// What `exists` answers; a value.

import Messages

/// Whether a key exists, and until when.
struct ExistsAnswer: Encodable, Equatable, Sendable {
    var key: String
    var exists: Bool
    var version: UInt64?
    var expiresAt: Moment?

    init(key: String, _ response: ExistsResponse) {
        self.key = key
        exists = response.exists
        version = exists ? response.version : nil
        expiresAt = response.expiresAt.map(Moment.init)
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
