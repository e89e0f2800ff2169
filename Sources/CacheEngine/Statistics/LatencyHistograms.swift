// Owns how long operations took, one histogram each; any thread.

/// What is timed: one for each call of the service.
package enum Operation: Int, CaseIterable, Sendable {
    case get, set, delete, exists, touch, getMulti, setMulti, deleteMulti, keys, invalidate, stats
}

/// Latencies by operation, each in a histogram of its own.
package final class LatencyHistograms: Sendable {
    private let cells = Operation.allCases.map { _ in LatencyHistogram() }

    /// Empty histograms; together they take about half a megabyte.
    package init() {}

    /// Counts one call of `operation` that took so long.
    package func record(_ operation: Operation, nanoseconds: UInt64) {
        cells[operation.rawValue].record(nanoseconds: nanoseconds)
    }

    /// What was recorded of `operation` so far; all zero when nothing was.
    package func summary(_ operation: Operation) -> LatencySummary {
        cells[operation.rawValue].summary
    }
}
