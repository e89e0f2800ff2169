// What `touch` answers; a value.

import Messages

/// The outcome of a touch.
struct TouchAnswer: Encodable, Equatable, Sendable {
    var key: String
    var touched: Bool
    var version: UInt64?
    var expiresAt: Moment?

    init(key: String, _ response: TouchResponse) {
        self.key = key
        touched = response.touched
        version = touched ? response.version : nil
        expiresAt = response.expiresAt.map(Moment.init)
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
