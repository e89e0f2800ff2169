// The counters inside what `stats` answers, as text; pure functions.

import CacheManagerClient
import Console

extension CacheStats.Counters {
    var hitRateText: String { hits == 0 && misses == 0 ? "-" : "\(Digits.three(hitRate * 100)) %" }

    /// All of them, three pairs of name and number a line.
    var lines: [String] {
        let pairs = [
            ("entries", Digits.count(l1Size)), ("hits", Digits.count(hits)),
            ("sets", Digits.count(sets)),
            ("memory", Digits.size(bytes: l1Bytes)), ("misses", Digits.count(misses)),
            ("deletes", Digits.count(deletes)),
            ("budget", Digits.size(bytes: l1MaxBytes)), ("hit rate", hitRateText),
            ("invalidations", Digits.count(invalidations)),
            ("evictions", Digits.count(evictions)), ("coalesced", Digits.count(coalesced)),
            ("expirations", Digits.count(expirations)),
            ("l2 hits", Digits.count(l2Hits)), ("l2 misses", Digits.count(l2Misses)),
            ("l2 errors", Digits.count(l2Errors)),
            ("no room", Digits.count(rejectedForRoom)),
        ]
        var table = Table([], leftColumns: [0, 2, 4])
        for start in stride(from: 0, to: pairs.count, by: 3) {
            table.add(pairs[start...].prefix(3).flatMap { [$0.0, $0.1] })
        }
        return table.lines
    }
}
