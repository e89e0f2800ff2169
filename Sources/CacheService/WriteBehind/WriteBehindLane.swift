// One partition's writes, and one event loop's partitions; under the queue's lock.

import CacheEngine
import NIOCore

/// The writes of one partition.
struct WriteBehindLane: Sendable {
    /// Keys that have a write of which none is under way, in the order they are sent.
    var ready = CircularBuffer<[UInt8]>()
    /// Writes under way.
    var inFlight = 0
    /// Failures in a row; those of writes that began together count once.
    var failures = 0
    /// How often it began to pause.
    var pauses: UInt64 = 0
    /// Nothing is sent before that.
    var pausedUntil: Timestamp?
    /// Why its last attempt failed; nil: it did not.
    var trouble: WriteBehindTrouble?
    /// Whether it stands in its worker's line.
    var isDue = false

    /// Whether a write may go now.
    func canSend(_ limits: WriteBehindLimits) -> Bool {
        !ready.isEmpty && pausedUntil == nil
            && inFlight < (failures == 0 ? limits.flightsPerPartition : 1)
    }
}

/// The partitions of one event loop.
struct WriteBehindWorker: Sendable {
    /// Partitions that may send.
    var due = CircularBuffer<Int>()
    /// Partitions that pause, or paused until a moment ago.
    var paused: [Int] = []
    /// Whether a turn is coming.
    var isAwake = false
    /// When the earliest timer that was asked for rings.
    var timer: Timestamp?
}
