// What `set` answers; a value.

import CacheManagerClient
import Console

/// The outcome of a write.
struct SetAnswer: Encodable, Equatable, Sendable {
    /// Why an entry was not stored.
    enum Reason: String, Encodable, Sendable {
        case exists, absent, versionMismatch = "version_mismatch", noRoom = "no_room"
        case l2Unavailable = "l2_unavailable"
        case unknown

        init(_ reason: SetOutcome.NotStored) {
            self =
                switch reason {
                case .exists: .exists
                case .absent: .absent
                case .versionMismatch: .versionMismatch
                case .noRoom: .noRoom
                case .l2Unavailable: .l2Unavailable
                case .unknown: .unknown
                }
        }
    }

    var key: String
    var stored: Bool
    var version: UInt64?
    var expiresAt: CacheInstant?
    var reason: Reason?
    var currentVersion: UInt64?

    init(key: String, _ outcome: SetOutcome) {
        self.key = key
        stored = outcome.isStored
        switch outcome {
        case .stored(let version, let expiresAt):
            self.version = version
            self.expiresAt = expiresAt
        case .notStored(let reason, let version):
            self.reason = Reason(reason)
            currentVersion = version
        }
    }

    /// No room and no shared level are no conditions of the caller's: the server refused.
    var exit: ProgramExit {
        if stored { return .ok }
        return reason == .noRoom || reason == .l2Unavailable ? .refused : .unmet
    }
}

extension SetAnswer: Answer {
    var text: String {
        let key = PlainText.line(key)
        let now = currentVersion.map { ", version \($0)" } ?? ""
        switch reason {
        case nil:
            let life = expiresAt.map { "expires \($0.millisecondsText)" } ?? "never expires"
            let place = version == 0 ? "still to be shared" : "version \(version ?? 0)"
            return "stored \(key), \(place), \(life)"
        case .exists: return "not stored: \(key) exists\(now)"
        case .absent: return "not stored: \(key) does not exist"
        case .versionMismatch:
            let other = currentVersion.map { ": \($0)" } ?? ""
            return "not stored: \(key) has another version\(other)"
        case .noRoom: return "not stored: the namespace never evicts, and it is full"
        case .l2Unavailable:
            return "not stored: the shared level is out of reach, and the namespace does without"
        case .unknown: return "not stored"
        }
    }
}
