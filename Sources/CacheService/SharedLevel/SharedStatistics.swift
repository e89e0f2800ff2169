// A reading of the shared level's numbers; values, any thread.

package import CacheEngine
package import RedisClient

/// The numbers of all pools together.
package struct SharedStatistics: Sendable {
    /// The pools, with their shards.
    package var pools: [RedisPoolStatistics] = []
    /// Their feeds, in the pools' order; fewer where some have none.
    package var feeds: [FeedStatistics] = []
    /// Writes that are still to be sent; nil: no namespace has any.
    package var writeBehind: WriteBehindStatistics?
    /// Values under keys of ours that are no entries.
    package var foreignEntries = 0
    /// Invalidations that walk over all keys now.
    package var walks: [WalkStatistics] = []

    /// Nothing yet.
    package init() {}
}

extension SharedLevel {
    /// The numbers now; servers and event loops are asked for theirs.
    package func statistics() async -> SharedStatistics {
        let (pools, feeds) = (pools, feeds)
        // All at once: a server that is silent takes its half second.
        async let poolNumbers = Self.inOrder(pools) { await $0.servers.statistics() }
        async let feedNumbers = Self.inOrder(feeds) { await $0.statistics() }
        var statistics = SharedStatistics()
        statistics.writeBehind = queue.statistics
        statistics.foreignEntries = pools.reduce(0) { sum, pool in
            sum + pool.store.statistics.foreignValues.values.reduce(0, +)
        }
        statistics.walks = runningWalks.statistics
        statistics.pools = await poolNumbers
        statistics.feeds = await feedNumbers
        return statistics
    }

    private static func inOrder<Element: Sendable, Numbers: Sendable>(
        _ elements: [Element], _ read: @escaping @Sendable (Element) async -> Numbers
    ) async -> [Numbers] {
        await withTaskGroup(of: (Int, Numbers).self) { group in
            for (index, element) in elements.enumerated() {
                group.addTask { (index, await read(element)) }
            }
            let all = await group.reduce(into: [Int: Numbers]()) { $0[$1.0] = $1.1 }
            return elements.indices.compactMap { all[$0] }
        }
    }
}

/// An invalidation that walks over all keys.
package struct WalkStatistics: Hashable, Sendable {
    /// What it selects by.
    package enum Kind: String, Hashable, Sendable {
        /// Keys that match a glob.
        case pattern
        /// Entries that have a tag.
        case tag
        /// Everything.
        case everything

        init(_ selection: Selection) {
            self =
                switch selection {
                case .pattern: .pattern
                case .tag: .tag
                case .everything: .everything
                }
        }
    }

    /// Tells it from the others, also from those of other instances.
    package let id: UInt64
    /// What it selects by.
    package let kind: Kind
    /// When it began.
    package let startedAt: Timestamp
    /// Keys looked at.
    package var scanned = 0
    /// Entries removed.
    package var removed = 0
    /// About how many keys there were when it began; 0: nobody knows.
    package var total = 0
}
