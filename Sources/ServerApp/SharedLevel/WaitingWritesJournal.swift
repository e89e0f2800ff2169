// Writes a log line when writes to Redis begin to wait, and when they no longer do; any thread.

import CacheService
import Logging
import RedisClient

/// What an operator hears of writes that were acknowledged and are not yet in Redis.
struct WaitingWritesJournal: Sendable {
    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    @Sendable func note(_ report: WriteBehindReport) {
        switch report {
        case .stalled(let trouble, let error):
            logger.warning(
                "writes wait for redis",
                metadata: [
                    "shard": "\(trouble.shard ?? "none")", "kind": "\(trouble.kind.rawValue)",
                    "reason": "\(error)", "hint": "\(error.code.hint)",
                ])
        case .recovered(let trouble):
            logger.info(
                "writes reach redis again",
                metadata: [
                    "shard": "\(trouble.shard ?? "none")", "kind": "\(trouble.kind.rawValue)",
                ])
        }
    }
}
