// What `stats` answers; a value.

import CacheManagerClient
import Console

/// Statistics since the start of the instance.
struct StatsAnswer: Equatable, Sendable {
    var stats: CacheStats
    /// Whether its text has colours.
    var style: TextStyle

    init(_ stats: CacheStats, style: TextStyle = .plain) {
        self.stats = stats
        self.style = style
    }

    func encode(to encoder: any Encoder) throws { try stats.encode(to: encoder) }
}
