// The list of keys, page by page over all shards; callable anywhere.

package import Invalidation
package import NIOCore

extension SharedStore {
    /// The most keys that one step of SCAN looks at, about.
    static let scanCount = 1_000
    /// The most steps for one page: with few matches a page stays short rather than slow.
    private static let maxStepsPerPage = 64

    /// Lists keys that match, from a cursor on (nil: from the beginning), shard by shard.
    ///
    /// As SCAN promises: a key that is there during the whole walk is listed, perhaps twice; one
    /// that comes or goes meanwhile may be listed or not. A page may be short, or empty, before
    /// the end. Shards may come and go during the walk: the order is that of their names' hashes.
    /// Of a slot of a cluster that moves meanwhile keys may be missed.
    ///
    /// - Parameter limit: The most keys of a page; a server may bring a few more.
    package nonisolated(nonsending) func keys(
        after cursor: StoreCursor?, limit: Int, matching glob: Glob, on router: RedisRouter,
        deadline: NIODeadline
    ) async throws(RedisError) -> StoreKeysPage {
        precondition(limit > 0, "a page has room for a key")
        let pattern = layout.scanPattern(
            kinds: StoreLayout.Kind.entry.rawValue, start: glob.literalPrefix)
        let shards = pool.shards.map { (order: Self.order($0.id), view: $0) }
            .sorted { $0.order < $1.order }
        guard !shards.isEmpty else { throw RedisError(.noShard, "no shard is known yet") }
        var page = StoreKeysPage(keys: [], next: nil)
        var cursor = cursor ?? StoreCursor(shard: 0, position: 0)
        var steps = 0
        for (order, shard) in shards where order >= cursor.shard {
            if order > cursor.shard { cursor = StoreCursor(shard: order, position: 0) }
            var count = min(limit - page.keys.count, Self.scanCount)
            repeat {
                guard page.keys.count < limit, steps < Self.maxStepsPerPage else {
                    page.next = cursor
                    return page
                }
                steps += 1
                let step = try await scan(
                    shard.id, cursor.position, pattern, count: count, on: router, deadline)
                let found = listed(step.keys, of: shard, matching: glob)
                let room = limit - page.keys.count
                if found.count > room, count > room {
                    // SCAN keeps no state: the same step again, with as many as there is room for.
                    count = room
                    continue
                }
                page.keys += found
                cursor.position = step.next
                let left = max(1, limit - page.keys.count)
                count = found.isEmpty ? min(2 * count, Self.scanCount) : min(left, count)
            } while cursor.position != 0
        }
        return page
    }

    /// One step of SCAN on one shard.
    nonisolated(nonsending) func scan(
        _ shard: RedisShardID, _ cursor: UInt64, _ pattern: [UInt8], count: Int,
        on router: RedisRouter, _ deadline: NIODeadline
    ) async throws(RedisError) -> ScanStep {
        let command = ScanStep.command(cursor: cursor, pattern: pattern, count: count)
        return try ScanStep(
            await send(command, shard: shard, on: router, deadline: deadline))
    }

    /// The keys that match, of those that belong to the shard: on independent servers others were
    /// left behind when a server was added, and nobody reads them. A cluster leaves none, and its
    /// slots may be elsewhere already than we know.
    private func listed(
        _ keys: [ByteBuffer], of shard: RedisShardView, matching glob: Glob
    ) -> [[UInt8]] {
        keys.compactMap { physical in
            guard let key = layout.parse(physical) else {
                counters.addForeignKey()
                return nil
            }
            let isHere = pool.isCluster || shard.partitions.contains(key.partition)
            guard key.kind == .entry, isHere else { return nil }
            return key.withKey { glob.matches($0) ? Array($0) : nil }
        }
    }

    private static func order(_ shard: RedisShardID) -> UInt64 {
        Array(shard.name.utf8).withUnsafeBytes { Partitioning.hash($0) }
    }
}
