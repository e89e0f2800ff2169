// Writes a log line for each transition of a feed, and for what was lost with it; one task.

import Logging
import RedisClient

/// What an operator hears of the feeds of a pool.
struct FeedJournal: Sendable {
    let pool: String
    let logger: Logger

    /// A shard's feed is live, lost or refused.
    func note(_ event: RedisFeedEvent) {
        switch event {
        case .live(let shard):
            line(.info, "redis feed live", shard)
        case .lost(let shard, let error):
            line(
                .warning, "redis feed lost", shard, reason: error,
                hint: "memory serves for max_staleness more, then Redis answers")
        case .refused(let shard, let error):
            line(.error, "redis feed refused", shard, reason: error, hint: error.code.hint)
        }
    }

    /// Partitions whose history broke, since the last look.
    func resets(_ count: UInt64) {
        logger.warning(
            "redis feed reset",
            metadata: [
                "pool": "\(pool)", "partitions": "\(count)",
                "hint": "changes were lost with Redis; memory forgets, watchers are told (RESET)",
            ])
    }

    private func line(
        _ level: Logger.Level, _ event: Logger.Message, _ shard: RedisShardID,
        reason: RedisError? = nil, hint: String? = nil
    ) {
        var metadata: Logger.Metadata = ["pool": "\(pool)", "shard": "\(shard)"]
        if let reason { metadata["reason"] = "\(reason)" }
        if let hint { metadata["hint"] = "\(hint)" }
        logger.log(level: level, event, metadata: metadata)
    }
}
