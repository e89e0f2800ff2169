// Tells of stored bytes that are no entries, now and then; one task.

import Logging
import NIOCore

/// What an operator hears of foreign or damaged bytes in a pool: at most a line a minute, however
/// many there are. Keys and values are in none of them.
struct ForeignJournal: Sendable {
    private static let distance = TimeAmount.minutes(1)

    let pool: String
    let logger: Logger
    private var told = 0
    private var nextLine = NIODeadline.uptimeNanoseconds(0)

    init(pool: String, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// So many were met so far, by what was off with them.
    mutating func note(_ kinds: [String: Int], now: NIODeadline) {
        let total = kinds.values.reduce(0, +)
        guard total > told, now >= nextLine else { return }
        let faults = kinds.keys.sorted().joined(separator: ",")
        logger.warning(
            "redis holds foreign values",
            metadata: [
                "pool": "\(pool)", "values": "\(total - told)", "faults": "\(faults)",
                "hint": """
                what is under redis_key_prefix was not written by this cache, or is damaged: it \
                counts as a miss and is overwritten by the next Set; see who else writes there
                """,
            ])
        told = total
        nextLine = now + Self.distance
    }
}
