// Counts what the calls of one event loop do in the shared level for one namespace; any thread.

import Synchronization

/// What was counted of a namespace, beside what memory counts.
package struct SharedNamespaceCounters: Hashable, Sendable {
    /// Reads that found an entry, but not in memory.
    package var hits: UInt64 = 0
    /// Reads that found none in any level.
    package var misses: UInt64 = 0
    /// Look-ups in the shared level that found the entry.
    package var l2Hits: UInt64 = 0
    /// Look-ups in the shared level that found none.
    package var l2Misses: UInt64 = 0
    /// Look-ups and writes that the shared level did not answer.
    package var l2Errors: UInt64 = 0
    /// Entries written.
    package var sets: UInt64 = 0
    /// Entries removed by delete.
    package var deletes: UInt64 = 0
    /// Entries removed by an invalidation.
    package var invalidations: UInt64 = 0

    /// Nothing counted yet.
    package init() {}

    /// Adds another reading.
    package mutating func add(_ other: SharedNamespaceCounters) {
        hits += other.hits
        misses += other.misses
        l2Hits += other.l2Hits
        l2Misses += other.l2Misses
        l2Errors += other.l2Errors
        sets += other.sets
        deletes += other.deletes
        invalidations += other.invalidations
    }
}

/// The counters behind that, one object for each event loop, so that loops do not disturb each
/// other.
final class SharedCounters: Sendable {
    let hits = Atomic<UInt64>(0)
    let misses = Atomic<UInt64>(0)
    let l2Hits = Atomic<UInt64>(0)
    let l2Misses = Atomic<UInt64>(0)
    let l2Errors = Atomic<UInt64>(0)
    let sets = Atomic<UInt64>(0)
    let deletes = Atomic<UInt64>(0)
    let invalidations = Atomic<UInt64>(0)

    var reading: SharedNamespaceCounters {
        var reading = SharedNamespaceCounters()
        reading.hits = hits.load(ordering: .relaxed)
        reading.misses = misses.load(ordering: .relaxed)
        reading.l2Hits = l2Hits.load(ordering: .relaxed)
        reading.l2Misses = l2Misses.load(ordering: .relaxed)
        reading.l2Errors = l2Errors.load(ordering: .relaxed)
        reading.sets = sets.load(ordering: .relaxed)
        reading.deletes = deletes.load(ordering: .relaxed)
        reading.invalidations = invalidations.load(ordering: .relaxed)
        return reading
    }

    /// Adds what another one has counted.
    func add(_ other: SharedNamespaceCounters) {
        hits.count(other.hits)
        misses.count(other.misses)
        l2Hits.count(other.l2Hits)
        l2Misses.count(other.l2Misses)
        l2Errors.count(other.l2Errors)
        sets.count(other.sets)
        deletes.count(other.deletes)
        invalidations.count(other.invalidations)
    }
}

extension Atomic where Value == UInt64 {
    /// Counts one, or so many.
    func count(_ number: UInt64 = 1) { add(number, ordering: .relaxed) }
}
