// What `stats` answers; a value.

import CacheManagerClient
import Console

/// Statistics since the start of the instance.
struct StatsAnswer: Equatable, Sendable {
    var stats: CacheStats

    init(_ stats: CacheStats) { self.stats = stats }

    func encode(to encoder: any Encoder) throws { try stats.encode(to: encoder) }
}
