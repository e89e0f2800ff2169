// What is used most, as a message; on the arena's thread.

import CacheEngine
import Messages

extension TopStats {
    /// The engine's report, with copies of its names in the arena.
    init(_ report: TopReport, in arena: MessageArena) {
        self.init()
        hottestKeys = report.hottestKeys.map { key in
            var message = HotKey()
            message.key = arena.copy(key.key)
            message.readsPerSecond = key.readsPerSecond
            message.share = key.share
            return message
        }
        missedPrefixes = report.missedPrefixes.map { prefix in
            var message = MissedPrefix()
            message.prefix = arena.copy(prefix.prefix)
            message.missesPerSecond = prefix.missesPerSecond
            message.missRate = prefix.missRate
            message.share = prefix.share
            return message
        }
        largestEntries = report.largestEntries.map { entry in
            var message = LargeEntry()
            message.key = arena.copy(entry.key)
            message.bytes = UInt64(entry.bytes)
            return message
        }
    }
}
