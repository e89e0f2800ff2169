// Which shards are still to be told of a change, and in which partition; a value, any thread.

import Invalidation

/// Sees to it that every shard has a partition in whose log an announcement is.
struct AnnouncementPlan {
    /// A partition whose log is to get it.
    struct Place: Hashable {
        let shard: RedisShardID
        let partition: Int
    }

    private let home: Int
    /// Whether `home` is where watchers are to hear of it.
    private let isForWatchers: Bool
    private(set) var outcome = StoreAnnouncement()
    private var told = RedisPartitionSet()
    /// Partitions that were not where they were looked for.
    private var moved: Set<Place> = []
    private var failed: Set<RedisShardID> = []
    /// Whether the last attempts met partitions that had moved.
    private(set) var hasMoves = false

    /// - Parameter home: The partition of what the change names, which comes first in its shard:
    ///   so different changes use different logs.
    init(home: Int, isForWatchers: Bool) {
        self.home = home
        self.isForWatchers = isForWatchers
    }

    /// Whether what is told in a partition is for watchers: in one at most, and once.
    func isHeard(in partition: Int) -> Bool { isForWatchers && partition == home }

    /// Where it is to be told now: in a partition of each shard that has none yet where it was.
    mutating func places(in shards: [RedisShardView]) -> [Place] {
        hasMoves = false
        if shards.isEmpty { outcome.failure = RedisError(.noShard, "no shard is known yet") }
        return missing(in: shards).compactMap { shard in
            let candidates = shard.partitions.partitions.map {
                Place(shard: shard.id, partition: $0)
            }.filter { !moved.contains($0) }
            let chosen = candidates.first { $0.partition >= home } ?? candidates.first
            // All have moved: another topology is on its way.
            if chosen == nil { hasMoves = true }
            return chosen
        }
    }

    /// What came of telling it.
    mutating func take(_ result: Result<UInt64, RedisError>, of place: Place) {
        switch result {
        case .success(let revision):
            told.insert(place.partition)
            outcome.partitions.append(place.partition)
            if isHeard(in: place.partition) { outcome.heard = (place.partition, revision) }
        case .failure(let error) where error.code == .noShard:
            moved.insert(place)
            hasMoves = true
        case .failure(let error):
            failed.insert(place.shard)
            outcome.failure = outcome.failure ?? error
        }
    }

    /// What came of it when there is no time left.
    func outcome(unfinishedIn shards: [RedisShardView]) -> StoreAnnouncement {
        var outcome = outcome
        if let shard = missing(in: shards).first, outcome.failure == nil {
            outcome.failure = RedisError(
                .noShard, "partitions are on their way to other shards", shard: shard.id.name)
        }
        return outcome
    }

    private func missing(in shards: [RedisShardView]) -> [RedisShardView] {
        shards.filter { shard in
            !failed.contains(shard.id) && !shard.partitions.isEmpty
                && shard.partitions.isDisjoint(with: told)
        }
    }
}
