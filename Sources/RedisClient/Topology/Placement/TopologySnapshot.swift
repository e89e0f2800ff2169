// Where every partition is at a moment; an immutable value, any thread.

import Invalidation

/// The shards of a pool and what each holds.
struct TopologySnapshot: Hashable, Sendable {
    /// A shard.
    struct Shard: Hashable, Sendable {
        /// Its identity.
        var id: RedisShardID
        /// The ids of its nodes, in a cluster: what tells after a failover that it is the same.
        var nodeIDs: Set<String> = []
        /// Where its master listens.
        var master: RedisAddress
        /// Where its replicas listen.
        var replicas: [RedisAddress] = []
        /// What it holds.
        var partitions: RedisPartitionSet
    }

    /// The shards.
    private(set) var shards: [Shard]
    /// The index of the shard of each partition; nil: nobody has it.
    let owners: [Int?]

    init(_ shards: [Shard]) {
        self.shards = shards
        var owners = [Int?](repeating: nil, count: Partitioning.count)
        for (index, shard) in shards.enumerated() {
            for partition in shard.partitions.partitions { owners[partition] = index }
        }
        self.owners = owners
    }

    /// Independent servers.
    static func independent(_ servers: [RedisShardConfiguration]) -> TopologySnapshot {
        var sets = [RedisPartitionSet](repeating: RedisPartitionSet(), count: servers.count)
        for (partition, owner) in ShardPlacement.owners(servers).enumerated() {
            sets[owner].insert(partition)
        }
        return TopologySnapshot(
            zip(servers, sets).map {
                Shard(id: RedisShardID($0.name), master: $0.address, partitions: $1)
            })
    }

    /// A cluster, with the names that `previous` gave to its shards.
    static func cluster(_ slots: ClusterSlots, previous: TopologySnapshot?) -> TopologySnapshot {
        var names = ShardNames(previous)
        var shards: [Shard] = []
        for node in slots.masters {
            var partitions = RedisPartitionSet()
            for (partition, slot) in ClusterSlot.ofPartition.enumerated()
            where node.ranges.contains(where: { $0.contains(slot) }) {
                partitions.insert(partition)
            }
            guard !partitions.isEmpty else { continue }
            let ids = Set([node.id] + node.replicas.map(\.id))
            shards.append(
                Shard(
                    id: names.take(master: node.id, nodes: ids), nodeIDs: ids,
                    master: node.address, replicas: node.replicas.map(\.address),
                    partitions: partitions))
        }
        return TopologySnapshot(shards)
    }

    /// The same with other replicas of a shard.
    func with(replicas: [RedisAddress], of id: RedisShardID) -> TopologySnapshot {
        var copy = self
        for index in copy.shards.indices where copy.shards[index].id == id {
            copy.shards[index].replicas = replicas
        }
        return copy
    }

    /// The shard with that identity.
    func shard(_ id: RedisShardID) -> Shard? { shards.first { $0.id == id } }

    /// How many partitions belong to another shard than in `other`.
    func partitionsMoved(since other: TopologySnapshot) -> Int {
        zip(owners, other.owners).count { pair in
            pair.0.map { shards[$0].id } != pair.1.map { other.shards[$0].id }
        }
    }
}

/// Gives the shards of a cluster names that outlive their masters.
private struct ShardNames {
    private static let shortLength = 8
    private var free: [TopologySnapshot.Shard]
    private var taken: Set<String> = []

    init(_ previous: TopologySnapshot?) {
        free = previous?.shards ?? []
    }

    mutating func take(master: String, nodes: Set<String>) -> RedisShardID {
        let same =
            free.firstIndex { $0.nodeIDs.contains(master) }
            ?? free.firstIndex { !$0.nodeIDs.isDisjoint(with: nodes) }
        if let same {
            let id = free.remove(at: same).id
            taken.insert(id.name)
            return id
        }
        let lowest = nodes.min() ?? master
        let inUse = taken.union(free.map(\.id.name))
        let short = String(lowest.prefix(Self.shortLength))
        let name = inUse.contains(short) ? lowest : short
        taken.insert(name)
        return RedisShardID(name)
    }
}
