// The history of changes: partitions, each with a lock, a revision and a ring; any thread.

import Locks
import Synchronization

/// The log of one cache: gives each change its revision, keeps the latest ones, and hands every
/// one to the feeds that listen, in the order of the revisions.
///
/// In shared mode the changes happen elsewhere: they come with their revisions, a partition begins
/// at any of them, and may be reset (`InvalidationLog+Shared.swift`).
package final class InvalidationLog: Sendable {
    /// What a read after some revision finds.
    package enum ReadResult: Sendable {
        /// The events right after it, at least one.
        case events([InvalidationEvent])
        /// The log no longer holds what came next, or never came that far.
        case lost
        /// The reader's revision is of another epoch.
        case otherEpoch
        /// Nothing came after it.
        case none
    }

    /// The most events a partition keeps unless told otherwise.
    package static let defaultEventsPerPartition = 1_024

    /// The bytes allowed to a partition for each event it may keep, on average.
    package static let bytesPerEvent = 256

    /// One partition's events, and the lock that guards them.
    final class Partition: Sendable {
        let ring: Locked<EventRing>

        init(_ ring: consuming EventRing) {
            self.ring = Locked(ring)
        }
    }

    /// What only a shared log has. Its lock is taken before a partition's, never after.
    final class Shared: Sendable {
        let epochs: Locked<PartitionEpochs>

        init(partitions: Int) {
            epochs = Locked(PartitionEpochs(partitions: partitions))
        }
    }

    /// The number that tells this life of the log from every other. Constant, but for a shared
    /// log, where it is a hash of what every partition's epoch is by now.
    package var epoch: UInt64 { currentEpoch.load(ordering: .acquiring) }

    /// The feeds, one for each event loop that serves watchers.
    package let feeds: [InvalidationFeed]

    let partitions: [Partition]
    let eventsPerPartition: Int
    let shared: Shared?
    /// Changes under the locks of `shared` and of the partition that is reset.
    let currentEpoch: Atomic<UInt64>

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
        currentEpoch = Atomic(epoch)
        shared = nil
        self.eventsPerPartition = eventsPerPartition
        feeds = (0..<feedCount).map { _ in InvalidationFeed(capacity: feedCapacity) }
        partitions = (0..<Partitioning.count).map { _ in
            Partition(Self.ring(maxEvents: eventsPerPartition, origin: 0))
        }
    }

    /// A shared log, of which no partition has begun.
    ///
    /// - Parameters:
    ///   - pools: how many pools of servers there are; the log has the partitions of all.
    ///   - eventsPerPartition: as in an embedded log.
    ///   - feedCount: how many feeds there are.
    ///   - feedCapacity: how many events a feed holds for its hub.
    package init(
        pools: Int, eventsPerPartition: Int = defaultEventsPerPartition, feedCount: Int,
        feedCapacity: Int = InvalidationFeed.maxEvents
    ) {
        precondition(pools > 0 && pools <= Partitioning.maxPools)
        let count = pools * Partitioning.count
        currentEpoch = Atomic(0)
        shared = Shared(partitions: count)
        self.eventsPerPartition = eventsPerPartition
        feeds = (0..<feedCount).map { _ in InvalidationFeed(capacity: feedCapacity) }
        partitions = (0..<count).map { _ in
            Partition(Self.ring(maxEvents: eventsPerPartition, origin: 0))
        }
    }

    /// How many partitions there are, over all pools.
    package var partitionCount: Int { partitions.count }

    static func ring(maxEvents: Int, origin: UInt64) -> EventRing {
        EventRing(
            maxEvents: maxEvents, maxBytes: maxEvents * InvalidationLog.bytesPerEvent,
            origin: origin)
    }

    /// Appends one event and hands it to the feeds. A key's event goes to the key's partition,
    /// any other's to one chosen by the hash of what it names. Not for a shared log.
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
        precondition(shared == nil, "a shared log's changes come with their revisions")
        let partition = Self.partition(of: target)
        let (revision, isWakeWanted) = partitions[partition].ring.withLock { ring in
            let event = InvalidationEvent(
                partition: partition, revision: ring.last + 1, target: target, kind: kind,
                writer: writer, cause: cause)
            ring.append(event)
            return (event.revision, push(event))
        }
        if isWakeWanted { wakeHubs() }
        return revision
    }

    /// Gives an event to the feeds; under its partition's lock still, so that they get a
    /// partition's events in order.
    ///
    /// - Returns: whether a hub must be woken.
    @inline(__always)
    func push(_ event: InvalidationEvent) -> Bool {
        var isWakeWanted = false
        for feed in feeds where feed.isActive {
            if feed.push(event) { isWakeWanted = true }
        }
        return isWakeWanted
    }

    @inline(__always)
    func wakeHubs() {
        for feed in feeds { feed.wakeIfWanted() }
    }

    /// The revision of the newest event of a partition, 0 before the first. An `append` that is
    /// under way is waited for, its feeds included.
    package func revision(of partition: Int) -> UInt64 {
        partitions[partition].ring.withLock { $0.last }
    }

    /// The newest revision of every partition, each read under its lock, all of one epoch.
    package func position() -> Position {
        guard let shared else { return currentPosition() }
        return shared.epochs.withLock { _ in currentPosition() }
    }

    private func currentPosition() -> Position {
        Position(epoch: epoch, revisions: partitions.map { $0.ring.withLock { $0.last } })
    }

    /// How many events it keeps now, over all partitions.
    package var eventCount: Int {
        partitions.reduce(0) { $0 + $1.ring.withLock { Int($0.last + 1 - $0.first) } }
    }

    /// Up to `limit` events of a partition after a revision that counts in `epoch`.
    package func read(
        _ partition: Int, after revision: UInt64, in epoch: UInt64, limit: Int
    ) -> ReadResult {
        partitions[partition].ring.withLock { ring in
            // A reset of this partition changes both under its lock.
            guard epoch == self.epoch else { return .otherEpoch }
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
