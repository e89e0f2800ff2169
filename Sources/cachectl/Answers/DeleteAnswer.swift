// What `delete` answers; a value.

import Messages

/// The outcome of a removal.
struct DeleteAnswer: Encodable, Equatable, Sendable {
    var key: String
    var existed: Bool
    var deleted: Bool
    var version: UInt64?
    var currentVersion: UInt64?

    init(key: String, _ response: DeleteResponse) {
        self.key = key
        existed = response.existed
        deleted = response.deleted
        version = deleted ? response.version : nil
        currentVersion = response.currentVersion == 0 ? nil : response.currentVersion
    }
}

extension DeleteAnswer: Answer {
    var text: String {
        let key = PlainText.line(key)
        if deleted { return "deleted \(key)" }
        guard existed else { return "\(key) does not exist" }
        return "not deleted: \(key) has another version, version \(currentVersion ?? 0)"
    }
}
