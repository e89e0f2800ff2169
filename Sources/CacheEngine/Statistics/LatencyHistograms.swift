// Owns how long operations took, one histogram each behind a lock of its own; any thread.

import Histogram
import Locks

/// What is timed: one for each call of the service.
package enum Operation: Int, CaseIterable, Sendable {
    case get, set, delete, exists, touch, getMulti, setMulti, deleteMulti, keys, invalidate, stats
}

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

/// Latencies by operation, as high dynamic range histograms of two significant digits.
package final class LatencyHistograms: Sendable {
    /// What takes longer than an hour counts as an hour.
    package static let maxNanoseconds: UInt64 = 3_600_000_000_000

    private final class Cell: Sendable {
        let histogram = Locked(
            Histogram<UInt64>(
                highestTrackableValue: LatencyHistograms.maxNanoseconds,
                numberOfSignificantValueDigits: .two))
    }

    private let cells = Operation.allCases.map { _ in Cell() }

    /// Empty histograms; together they take about half a megabyte.
    package init() {}

    /// Counts one call of `operation` that took so long.
    package func record(_ operation: Operation, nanoseconds: UInt64) {
        let value = min(nanoseconds, Self.maxNanoseconds)
        cells[operation.rawValue].histogram.withLock { _ = $0.record(value) }
    }

    /// What was recorded of `operation` so far; all zero when nothing was.
    package func summary(_ operation: Operation) -> LatencySummary {
        cells[operation.rawValue].histogram.withLock { histogram in
            LatencySummary(
                count: histogram.totalCount, p50: histogram.valueAtPercentile(50),
                p90: histogram.valueAtPercentile(90), p99: histogram.valueAtPercentile(99),
                p999: histogram.valueAtPercentile(99.9), max: histogram.maxRecorded)
        }
    }
}
