// What `delete` answers; a value.

import CacheManagerClient
import Console

/// The outcome of a removal.
struct DeleteAnswer: Encodable, Equatable, Sendable {
    var key: String
    var existed: Bool
    var deleted: Bool
    var version: UInt64?
    var currentVersion: UInt64?

    init(key: String, _ outcome: DeleteOutcome) {
        self.key = key
        existed = outcome.existed
        deleted = outcome.isDeleted
        version = deleted ? outcome.version : nil
        currentVersion = outcome.currentVersion
    }
}

extension DeleteAnswer: Answer {
    var text: String {
        let key = PlainText.line(key)
        if deleted { return "deleted \(key)" }
        guard existed else { return "\(key) does not exist" }
        return "not deleted: \(key) has another version: \(currentVersion ?? 0)"
    }
}
