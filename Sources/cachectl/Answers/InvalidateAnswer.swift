// What `invalidate` answers; a value.

import CacheManagerClient
import Console

/// The outcome of an invalidation.
struct InvalidateAnswer: Encodable, Equatable, Sendable {
    var invalidated: Int64
    var success: Bool
    /// In base64: `watch --since` continues right after the invalidation with it.
    var revisionToken: String

    init(_ outcome: InvalidateOutcome) {
        invalidated = outcome.invalidated
        success = outcome.isComplete
        revisionToken = Base64Text.encode(outcome.position.bytes)
    }
}

extension InvalidateAnswer: Answer {
    var text: String {
        let removed = invalidated == 1 ? "1 entry" : "\(invalidated) entries"
        return success
            ? "invalidated \(removed)" : "invalidated \(removed), not all of them: run it again"
    }
}
