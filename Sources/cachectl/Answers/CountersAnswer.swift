// The counters inside what `stats` answers; values.

import Messages

/// Counters of one namespace, or of all.
struct CountersAnswer: Encodable, Equatable, Sendable {
    var hits, misses, sets, deletes, evictions, expirations, invalidations: UInt64
    var hitRate: Double
    var l1Size, l1Bytes, l1MaxBytes: UInt64
    var l2Hits, l2Misses, l2Errors: UInt64
    var coalesced, rejectedForRoom: UInt64

    init(_ counters: Counters) {
        hits = counters.hits
        misses = counters.misses
        // JSON has no number for it, and a rate is never one of these.
        hitRate = counters.hitRate.isFinite ? counters.hitRate : 0
        sets = counters.sets
        deletes = counters.deletes
        evictions = counters.evictions
        expirations = counters.expirations
        invalidations = counters.invalidations
        l1Size = counters.l1Size
        l1Bytes = counters.l1Bytes
        l1MaxBytes = counters.l1MaxBytes
        l2Hits = counters.l2Hits
        l2Misses = counters.l2Misses
        l2Errors = counters.l2Errors
        coalesced = counters.coalesced
        rejectedForRoom = counters.rejectedForRoom
    }

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
