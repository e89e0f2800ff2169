// The position of a walk over the keys, as its caller carries it; a plain value.

import CacheEngine
import Invalidation

/// Where a walk goes on, as text: it is bound to the life of the cache and to the pattern.
struct PageToken: Equatable {
    struct Scope: Equatable {
        let epoch: UInt64
        let pattern: UInt64

        init(epoch: UInt64, pattern: UInt64) {
            self.epoch = epoch
            self.pattern = pattern
        }

        init(epoch: UInt64, pattern: UnsafeRawBufferPointer) {
            self.init(epoch: epoch, pattern: Partitioning.hash(pattern))
        }
    }

    /// The longest token: four numbers of at most 16 digits, and what divides them.
    private static let maxBytes = 96

    let scope: Scope
    let cursor: KeysCursor

    init(scope: Scope, cursor: KeysCursor) {
        self.scope = scope
        self.cursor = cursor
    }

    /// Nil for text that is not a token.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maxBytes else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "1", parts.allSatisfy({ $0.utf8.count <= 16 }),
            let epoch = UInt64(parts[1], radix: 16), let pattern = UInt64(parts[2], radix: 16),
            let stripe = UInt32(parts[3], radix: 16), let hash = UInt64(parts[4], radix: 16)
        else { return nil }
        scope = Scope(epoch: epoch, pattern: pattern)
        cursor = KeysCursor(stripe: stripe, hash: hash)
    }

    var text: String {
        let numbers = [scope.epoch, scope.pattern, UInt64(cursor.stripe), cursor.hash]
        return "1-" + numbers.map { String($0, radix: 16) }.joined(separator: "-")
    }
}
