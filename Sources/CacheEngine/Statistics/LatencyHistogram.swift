// Owns how long one kind of thing took, behind a lock; any thread.

import Histogram
import Locks

/// How long an operation took, in nanoseconds, within 1 %.
package struct LatencySummary: Hashable, Sendable {
    /// How many were timed.
    package var count: UInt64
    /// Half took at most this.
    package var p50: UInt64
    /// 90 % took at most this.
    package var p90: UInt64
    /// 99 % took at most this.
    package var p99: UInt64
    /// 99.9 % took at most this.
    package var p999: UInt64
    /// The longest.
    package var max: UInt64
}

/// A high dynamic range histogram of two significant digits.
package final class LatencyHistogram: Sendable {
    /// What takes longer than an hour counts as an hour.
    package static let maxNanoseconds: UInt64 = 3_600_000_000_000

    private let histogram = Locked(
        Histogram<UInt64>(
            highestTrackableValue: LatencyHistogram.maxNanoseconds,
            numberOfSignificantValueDigits: .two))

    /// An empty histogram, of about 50 KB.
    package init() {}

    /// Counts one that took so long.
    package func record(nanoseconds: UInt64) {
        let value = min(nanoseconds, Self.maxNanoseconds)
        histogram.withLock { _ = $0.record(value) }
    }

    /// What was recorded so far; all zero when nothing was.
    package var summary: LatencySummary {
        histogram.withLock { histogram in
            LatencySummary(
                count: histogram.totalCount, p50: histogram.valueAtPercentile(50),
                p90: histogram.valueAtPercentile(90), p99: histogram.valueAtPercentile(99),
                p999: histogram.valueAtPercentile(99.9), max: histogram.maxRecorded)
        }
    }
}
