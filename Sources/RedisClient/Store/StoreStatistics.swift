// What the shared store counts; any thread.

import Locks
import Synchronization

/// What the store has met so far that is not as it should be.
package struct StoreStatistics: Hashable, Sendable {
    /// Values under our keys that are no envelopes, by what was off: each was answered as a miss.
    package var foreignValues: [String: Int] = [:]
    /// Keys found by SCAN that are not where their name belongs: each was left alone.
    package var foreignKeys = 0
    /// Scripts that a server had to be given again.
    package var scriptLoads = 0

    /// Nothing yet.
    package init() {}
}

/// The counters behind the statistics.
final class StoreCounters: Sendable {
    private let foreignValues = Locked<[EnvelopeFault: Int]>([:])
    private let foreignKeys = Atomic<Int>(0)
    private let scriptLoads = Atomic<Int>(0)

    var statistics: StoreStatistics {
        var statistics = StoreStatistics()
        for (fault, count) in foreignValues.withLock({ $0 }) {
            statistics.foreignValues[fault.rawValue] = count
        }
        statistics.foreignKeys = foreignKeys.load(ordering: .relaxed)
        statistics.scriptLoads = scriptLoads.load(ordering: .relaxed)
        return statistics
    }

    func addForeignValue(_ fault: EnvelopeFault) {
        foreignValues.withLock { $0[fault, default: 0] += 1 }
    }

    func addForeignKey() { foreignKeys.wrappingAdd(1, ordering: .relaxed) }
    func addScriptLoad() { scriptLoads.wrappingAdd(1, ordering: .relaxed) }
}
