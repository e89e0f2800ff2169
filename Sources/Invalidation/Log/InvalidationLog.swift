// The history of changes: 256 partitions, each with a lock, a revision and a ring; any thread.

import Locks

/// The log of one cache: gives each change its revision, keeps the latest ones, and hands every
/// one to the feeds that listen, in the order of the revisions.
package final class InvalidationLog: Sendable {
    /// What a read after some revision finds.
    package enum ReadResult: Sendable {
        /// The events right after it, at least one.
        case events([InvalidationEvent])
        /// The log no longer holds what came next, or never came that far.
        case lost
        /// Nothing came after it.
        case none
    }

    /// The most events a partition keeps unless told otherwise.
    package static let defaultEventsPerPartition = 1_024

    /// The bytes allowed to a partition for each event it may keep, on average.
    package static let bytesPerEvent = 256

    private final class Partition: Sendable {
        let ring: Locked<EventRing>

        init(maxEvents: Int) {
            let maxBytes = maxEvents * InvalidationLog.bytesPerEvent
            ring = Locked(EventRing(maxEvents: maxEvents, maxBytes: maxBytes))
        }
    }

    /// The number that tells this life of the log from every other.
    package let epoch: UInt64

    /// The feeds, one for each event loop that serves watchers.
    package let feeds: [InvalidationFeed]

    private let partitions: [Partition]

    /// An empty log.
    ///
    /// - Parameters:
    ///   - epoch: a random number.
    ///   - eventsPerPartition: how many events each partition keeps at most; it also keeps no
    ///     more than `bytesPerEvent` times as many bytes.
    ///   - feedCount: how many feeds there are.
    ///   - feedCapacity: how many events a feed holds for its hub.
    package init(
        epoch: UInt64, eventsPerPartition: Int = defaultEventsPerPartition, feedCount: Int,
        feedCapacity: Int = InvalidationFeed.maxEvents
    ) {
        self.epoch = epoch
        feeds = (0..<feedCount).map { _ in InvalidationFeed(capacity: feedCapacity) }
        partitions = (0..<Partitioning.count).map { _ in Partition(maxEvents: eventsPerPartition) }
    }

    /// Appends one event and hands it to the feeds. A key's event goes to the key's partition,
    /// any other's to one chosen by the hash of what it names.
    ///
    /// May be called under other locks: all it calls out to is a feed's `wake`.
    ///
    /// - Returns: the event's revision, which is the version of the change.
    @discardableResult
    package func append(
        _ target: InvalidationTarget, kind: InvalidationKind,
        writer: UnsafeRawBufferPointer = .init(start: nil, count: 0),
        cause: UnsafeRawBufferPointer = .init(start: nil, count: 0)
    ) -> UInt64 {
        let partition = Self.partition(of: target)
        let (revision, isWakeWanted) = partitions[partition].ring.withLock { ring in
            let event = InvalidationEvent(
                partition: partition, revision: ring.last + 1, target: target, kind: kind,
                writer: writer, cause: cause)
            ring.append(event)
            // Still under the lock, so that a feed gets a partition's events in order.
            var isWakeWanted = false
            for feed in feeds where feed.isActive {
                if feed.push(event) { isWakeWanted = true }
            }
            return (event.revision, isWakeWanted)
        }
        if isWakeWanted {
            for feed in feeds { feed.wakeIfWanted() }
        }
        return revision
    }

    /// The revision of the newest event of a partition, 0 before the first. An `append` that is
    /// under way is waited for, its feeds included.
    package func revision(of partition: Int) -> UInt64 {
        partitions[partition].ring.withLock { $0.last }
    }

    /// The newest revision of every partition, each read under its lock.
    package func position() -> Position {
        Position(epoch: epoch, revisions: partitions.map { $0.ring.withLock { $0.last } })
    }

    /// How many events it keeps now, over all partitions.
    package var eventCount: Int {
        partitions.reduce(0) { $0 + $1.ring.withLock { Int($0.last + 1 - $0.first) } }
    }

    /// Up to `limit` events of a partition after a revision.
    package func read(_ partition: Int, after revision: UInt64, limit: Int) -> ReadResult {
        partitions[partition].ring.withLock { ring in
            if revision == ring.last { return .none }
            guard revision < ring.last, revision + 1 >= ring.first else { return .lost }
            return .events(ring.events(after: revision, limit: limit))
        }
    }

    private static func partition(of target: InvalidationTarget) -> Int {
        switch target {
        case .key(let bytes), .tag(let bytes): Partitioning.partition(of: bytes)
        case .pattern(let glob): glob.pattern.withUnsafeBytes { Partitioning.partition(of: $0) }
        case .everything: Partitioning.partition(of: .init(start: nil, count: 0))
        }
    }
}
