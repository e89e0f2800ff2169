// What `set` answers; a value.

import Messages

/// The outcome of a write.
struct SetAnswer: Encodable, Equatable, Sendable {
    /// Why an entry was not stored.
    enum Reason: String, Encodable, Sendable {
        case exists, absent, versionMismatch = "version_mismatch", noRoom = "no_room", unknown
    }

    var key: String
    var stored: Bool
    var version: UInt64?
    var expiresAt: Moment?
    var reason: Reason?
    var currentVersion: UInt64?

    init(key: String, _ response: SetResponse) {
        self.key = key
        stored = response.stored
        guard !stored else {
            version = response.version
            expiresAt = response.expiresAt.map(Moment.init)
            return
        }
        reason = Self.reasons[response.reason] ?? .unknown
        currentVersion = response.currentVersion == 0 ? nil : response.currentVersion
    }

    private static let reasons: [NotStoredReason: Reason] = [
        .exists: .exists, .absent: .absent, .versionMismatch: .versionMismatch, .noRoom: .noRoom,
    ]

    /// No room is not a condition of the caller's: the server refused.
    var exit: ProgramExit { stored ? .ok : reason == .noRoom ? .refused : .unmet }
}

extension SetAnswer: Answer {
    var text: String {
        let key = PlainText.line(key)
        let now = currentVersion.map { ", version \($0)" } ?? ""
        switch reason {
        case nil:
            let life = expiresAt.map { "expires \($0.millisecondsText)" } ?? "never expires"
            return "stored \(key), version \(version ?? 0), \(life)"
        case .exists: return "not stored: \(key) exists\(now)"
        case .absent: return "not stored: \(key) does not exist"
        case .versionMismatch: return "not stored: \(key) has another version\(now)"
        case .noRoom: return "not stored: the namespace never evicts, and it is full"
        case .unknown: return "not stored"
        }
    }
}
