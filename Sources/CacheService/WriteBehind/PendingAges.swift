// Remembers since when keys have been pending, oldest first; under the queue's lock.

import CacheEngine
import NIOCore

/// A line of beginnings, some of which are over: those are noticed when they come to its front,
/// or when there are more of them than of the others.
struct PendingAges: Sendable {
    /// When a key began to differ from the shared level.
    struct Beginning: Sendable {
        let key: [UInt8]
        /// Tells it from the key's other beginnings.
        let ticket: UInt64
        let time: Timestamp
    }

    private static let spare = 64
    private var line = CircularBuffer<Beginning>()

    /// Adds the newest; `pending` is how many keys are pending now.
    mutating func append(
        _ beginning: Beginning, pending: Int, isPending: (Beginning) -> Bool
    ) {
        if line.count >= 2 * pending + Self.spare {
            line = CircularBuffer(line.filter(isPending))
        }
        line.append(beginning)
    }

    /// The oldest that is not over.
    mutating func oldest(isPending: (Beginning) -> Bool) -> Timestamp? {
        while let first = line.first, !isPending(first) { line.removeFirst() }
        return line.first?.time
    }
}
