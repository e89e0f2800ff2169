// What was measured; a value.

import CacheManagerClient
import Histogram

/// Counts and latencies of many calls.
struct Tally: Sendable {
    /// What takes longer counts as this long.
    private static let longest: UInt64 = 3_600_000_000_000

    private(set) var hits = 0
    private(set) var misses = 0
    private(set) var writes = 0
    private(set) var notStored = 0
    private(set) var wrongValues = 0
    /// Calls of an open loop whose time came and that could not be sent.
    private(set) var unsent = 0
    private(set) var errors: [CacheError.Code: Int] = [:]
    private(set) var latency = Histogram<UInt64>(
        highestTrackableValue: Tally.longest, numberOfSignificantValueDigits: .three)

    /// What a call came to.
    enum Outcome: Equatable {
        case hit(isRight: Bool)
        case miss
        case written(isStored: Bool)
        case failed(CacheError.Code)
    }

    /// The calls that were answered.
    var answered: Int { hits + misses + writes }
    var failed: Int { errors.values.reduce(0, +) }
    var reads: Int { hits + misses }

    /// Counts a call that took so long.
    mutating func count(_ outcome: Outcome, took span: Duration) {
        switch outcome {
        case .hit(let isRight):
            hits += 1
            if !isRight { wrongValues += 1 }
        case .miss: misses += 1
        case .written(let isStored):
            writes += 1
            if !isStored { notStored += 1 }
        case .failed(let code):
            errors[code, default: 0] += 1
            return
        }
        let nanoseconds = span / .nanoseconds(1)
        _ = latency.record(min(UInt64(max(nanoseconds, 0)), Self.longest))
    }

    mutating func countUnsent(_ count: Int) { unsent += count }

    /// Adds what another one counted.
    mutating func add(_ other: Tally) {
        hits += other.hits
        misses += other.misses
        writes += other.writes
        notStored += other.notStored
        wrongValues += other.wrongValues
        unsent += other.unsent
        errors.merge(other.errors, uniquingKeysWith: +)
        latency.add(other.latency)
    }

    /// The latency that so many per cent of the answered calls did not exceed.
    func latency(atPercentile percentile: Double) -> Duration {
        .nanoseconds(Int64(latency.valueAtPercentile(percentile)))
    }

    var maxLatency: Duration {
        .nanoseconds(latency.totalCount == 0 ? 0 : Int64(latency.maxRecorded))
    }
}
