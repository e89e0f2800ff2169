// Which shard's feed holds which partition; its event loop only.

import NIOCore

/// Follows the topology: makes and ends the feeds of shards, and hands partitions on, from the one
/// that had them to the one that has them now, each with what is known of its history.
// Used on its event loop only.
final class FeedPlacement: @unchecked Sendable {
    /// Where a partition is.
    private enum Place {
        case free(PartitionFeed)
        case held(by: ShardFeed)
        /// Its feed was asked to give it back.
        case returning
    }

    private struct Entry {
        let feed: ShardFeed
        var address: RedisAddress
    }

    /// Makes the feed of a shard on a loop.
    typealias MakeFeed = (RedisShardID, any EventLoop) -> ShardFeed

    private let eventLoop: any EventLoop
    private let loops: [any EventLoop]
    private let makeFeed: MakeFeed
    private var entries: [RedisShardID: Entry] = [:]
    private var places: [Place]
    private var wanted: [RedisShardID?]
    private var made = 0
    private var isStopped = false

    init(
        _ partitions: [PartitionFeed], on eventLoop: any EventLoop, loops: [any EventLoop],
        makeFeed: @escaping MakeFeed
    ) {
        self.eventLoop = eventLoop
        self.loops = loops
        self.makeFeed = makeFeed
        places = partitions.map { .free($0) }
        wanted = Array(repeating: nil, count: partitions.count)
    }

    /// The feeds of the shards.
    var feeds: [ShardFeed] { entries.values.map(\.feed) }

    /// The topology is this now.
    func follow(_ shards: [RedisShardView]) {
        eventLoop.assertInEventLoop()
        guard !isStopped else { return }
        wanted = Array(repeating: nil, count: wanted.count)
        for shard in shards {
            for index in shard.partitions.partitions { wanted[index] = shard.id }
            meet(shard)
        }
        for (id, entry) in entries {
            let leaving = places.indices.filter { index in
                guard case .held(let feed) = places[index] else { return false }
                return feed === entry.feed && wanted[index] != id
            }
            let isGone = !shards.contains { $0.id == id }
            if isGone { entries[id] = nil }
            takeBack(leaving, from: entry.feed, isGone: isGone)
        }
        place()
    }

    /// Ends all feeds.
    func stop() {
        eventLoop.assertInEventLoop()
        isStopped = true
        for entry in entries.values {
            let feed = entry.feed
            feed.eventLoop.execute { _ = feed.stop() }
        }
        entries = [:]
    }

    private func meet(_ shard: RedisShardView) {
        if let entry = entries[shard.id] {
            guard entry.address != shard.address else { return }
            entries[shard.id]?.address = shard.address
            entry.feed.eventLoop.execute { entry.feed.masterChanged() }
        } else {
            let feed = makeFeed(shard.id, loops[made % loops.count])
            made += 1
            entries[shard.id] = Entry(feed: feed, address: shard.address)
            feed.eventLoop.execute { feed.start() }
        }
    }

    private func takeBack(_ indices: [Int], from feed: ShardFeed, isGone: Bool) {
        guard isGone || !indices.isEmpty else { return }
        for index in indices { places[index] = .returning }
        feed.eventLoop.execute {
            let partitions = isGone ? feed.stop() : feed.release(indices)
            self.eventLoop.execute {
                for partition in partitions { self.places[partition.index] = .free(partition) }
                self.place()
            }
        }
    }

    /// Gives what is free to the feeds that are to have it.
    private func place() {
        guard !isStopped else { return }
        var gifts: [RedisShardID: [PartitionFeed]] = [:]
        for (index, place) in places.enumerated() {
            guard case .free(let partition) = place, let id = wanted[index],
                let entry = entries[id]
            else { continue }
            places[index] = .held(by: entry.feed)
            gifts[id, default: []].append(partition)
        }
        for (id, partitions) in gifts {
            guard let feed = entries[id]?.feed else { continue }
            feed.eventLoop.execute { feed.take(partitions) }
        }
    }
}
