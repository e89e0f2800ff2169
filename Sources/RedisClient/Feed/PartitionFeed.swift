// One partition and where its feed stands; the loop of the shard that holds it only.

/// A partition of a pool. Shards hand it on when it moves, with all that is known of it.
// Used by one loop at a time: `FeedPlacement` sees to it.
final class PartitionFeed: @unchecked Sendable {
    /// Counted within its pool.
    let index: Int
    /// Counted over all pools.
    let partition: Int
    var machine: PartitionFeedStateMachine
    /// Whether the delegate was told that it is live, and not since that it is lost.
    var isServed = false
    /// Counts the times it was attached: what was asked before is of no interest.
    private(set) var attachment = 0

    init(index: Int, partition: Int, maxLoaded: Int) {
        self.index = index
        self.partition = partition
        machine = PartitionFeedStateMachine(maxLoaded: maxLoaded)
    }

    func attach() {
        attachment += 1
        machine.attach()
    }

    /// Nothing is heard of it any more.
    func detach() {
        attachment += 1
        machine.detach()
    }
}
