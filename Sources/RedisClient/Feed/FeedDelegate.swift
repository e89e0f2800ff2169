// Whom a feed tells; called on the event loops, a partition always in the order of its history.

package import Invalidation
package import NIOCore

/// What lies behind the feeds of all pools: the memory that must not serve what has changed, and
/// the log of the watchers.
///
/// For each partition `began` comes first and once; then `apply` for revision after revision, with
/// a `reset` wherever some are missing. Calls for one partition never overlap; different shards
/// may be on different threads. Nothing here may wait.
///
/// A change of many keys is told in one partition of each shard, and concerns what all of them
/// have. So the partitions of a shard are live together, or lost together.
package protocol FeedDelegate: AnyObject, Sendable {
    /// A partition is attached for the first time; it is live once `feedRepaired` says so.
    ///
    /// - Parameters:
    ///   - partition: counted over all pools, as everywhere here.
    ///   - epoch: the life of the partition's history.
    ///   - revision: the newest one; the first event will be the one after it.
    ///   - events: the newest ones up to `revision`, without a gap; it may be none.
    func began(partition: Int, epoch: UInt64, revision: UInt64, events: [InvalidationEvent])

    /// The next change: its revision is the one after the last of its partition.
    func apply(_ event: FeedEvent)

    /// Changes were lost, or came to be in another life of the partition: anything in it may
    /// have changed. The next event will be the one after `revision`.
    func reset(partition: Int, epoch: UInt64, revision: UInt64)

    /// Not all is heard any more that concerns these partitions, all of which were live.
    ///
    /// - Parameter at: when something was heard last: staleness counts from there.
    func feedLost(partitions: [Int], at: NIODeadline)

    /// These partitions, which have begun or were lost, are live, and so is all their shard has:
    /// what happened meanwhile was applied, or was a reset.
    func feedRepaired(partitions: [Int])

    /// These partitions, which are not live now, are another shard's from here on. What the one
    /// before told of many keys, in others of its partitions, may not have been heard. No event of
    /// these partitions is missing.
    func feedMoved(partitions: [Int])
}
