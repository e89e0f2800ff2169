// The feed of one pool: everything that changes in it, partition by partition; any thread.

package import CacheEngine
import Invalidation
package import NIOCore

/// Tells a delegate what changes on the servers of a pool.
///
/// There is one subscriber connection for each shard and process. Pub/sub is for speed; a gap in
/// the revisions, or a connection that was lost, is repaired from the server's log. What cannot be
/// repaired is a reset.
package final class RedisFeed: Sendable {
    private let pool: RedisPool
    private let eventLoop: any EventLoop
    private let placement: FeedPlacement

    /// A feed that hears nothing before `start`.
    ///
    /// - Parameters:
    ///   - store: What writes the events of the pool, in this process and in others.
    ///   - poolIndex: The number of the pool, which its partitions' numbers begin after.
    ///   - ringEvents: How many of a partition's newest events are wanted when it begins.
    ///   - loops: The event loops that the shards' connections are spread over; at least one.
    ///   - times: How patient it is.
    ///   - report: Takes each transition of a shard's feed once, on any thread. It must not wait.
    ///   - now: The time of day.
    package init(
        pool: RedisPool, store: SharedStore, poolIndex: Int, ringEvents: Int,
        loops: [any EventLoop], delegate: any FeedDelegate, times: FeedTimes = FeedTimes(),
        report: @escaping @Sendable (RedisFeedEvent) -> Void = { _ in },
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.pool = pool
        eventLoop = loops[poolIndex % loops.count]
        let surroundings = ShardFeed.Surroundings(
            store: store, times: times, delegate: delegate, report: report, now: now,
            hint: { [weak pool] in pool?.hint() },
            isServing: { [weak pool] id in
                pool?.shards.contains { $0.id == id && $0.state == .up } == true
            })
        let partitions = (0..<Partitioning.count).map {
            PartitionFeed(
                index: $0, partition: poolIndex * Partitioning.count + $0, maxLoaded: ringEvents)
        }
        // Pools begin with different loops, so that one server each does not end on one loop.
        let order = loops.indices.map { loops[($0 + poolIndex) % loops.count] }
        placement = FeedPlacement(partitions, on: eventLoop, loops: order) { shard, loop in
            ShardFeed(shard, on: loop, surroundings) { pushed, closed in
                pool.connectSubscriber(to: shard, on: loop, pushed: pushed, closed: closed)
            }
        }
    }

    /// Begins to follow the pool, which may have started or not; returns at once.
    package func start() {
        pool.onTopologyChange { [weak self] in self?.follow() }
        follow()
    }

    /// Ends all connections. The delegate hears that what had begun is lost.
    package func shutdown() async {
        await withCheckedContinuation { done in
            eventLoop.execute {
                let feeds = self.placement.feeds
                self.placement.stop()
                // Behind each feed's own end on its loop.
                let ends = feeds.map { $0.eventLoop.submit {} }
                EventLoopFuture.andAllComplete(ends, on: self.eventLoop).whenComplete { _ in
                    done.resume()
                }
            }
        }
    }

    /// What it has done so far, and how it stands.
    package func statistics() async -> FeedStatistics {
        await withCheckedContinuation { answer in
            eventLoop.execute {
                let parts = self.placement.feeds.map { feed in
                    feed.eventLoop.submit { feed.currentStatistics() }
                }
                EventLoopFuture.whenAllComplete(parts, on: self.eventLoop).whenSuccess { parts in
                    var sum = FeedStatistics()
                    for case .success(let part) in parts { sum.add(part) }
                    sum.shards.sort { $0.name < $1.name }
                    answer.resume(returning: sum)
                }
            }
        }
    }

    private func follow() {
        eventLoop.execute { self.placement.follow(self.pool.shards) }
    }
}
