// Says over grpc.health.v1 what serves: the process, the cache, each level and shard; any thread.

import CacheService
import GRPC
import Locks
import Messages
import RedisClient

/// The names that health knows, and when they serve.
///
/// | name | serves |
/// | --- | --- |
/// | `` | while the process takes calls |
/// | `cachemanager.v1.Cache` | while every pool has a shard that is up |
/// | `l1` | while the process takes calls and keeps entries in memory |
/// | `l2` | while all shards of all pools are up |
/// | `l2/<pool>/<shard>` | while that shard is up |
final class ServingState: Sendable {
    /// The registry behind the health service.
    let registry: HealthRegistry

    private let pools: [RedisPool]
    private let usesMemory: Bool
    private let phase = Locked(false)

    /// Everything NOT_SERVING.
    ///
    /// - Parameters:
    ///   - pools: The pools of the second level; none: there is no second level.
    ///   - usesMemory: Whether there is a first.
    init(pools: [RedisPool], usesMemory: Bool) {
        self.pools = pools
        self.usesMemory = usesMemory
        let levels = (usesMemory ? ["l1"] : []) + (pools.isEmpty ? [] : ["l2"])
        registry = HealthRegistry(services: [CacheService.name] + levels)
    }

    /// The process takes calls from now on, or no more of them.
    func takesCalls(_ takesCalls: Bool) {
        phase.withLock { $0 = takesCalls }
        refresh()
    }

    /// Looks at the pools again.
    func refresh() {
        // One at a time: what was seen first must not be told last.
        phase.withLock { takesCalls in
            func tell(_ name: String, _ serves: Bool) {
                registry.set(takesCalls && serves ? .serving : .notServing, for: name)
            }
            var isUsable = true
            var isWhole = true
            var names: Set<String> = []
            for pool in pools {
                let shards = pool.shards
                isUsable = isUsable && shards.contains { $0.state == .up }
                isWhole = isWhole && !shards.isEmpty && shards.allSatisfy { $0.state == .up }
                for shard in shards {
                    let name = "l2/\(pool.name)/\(shard.id)"
                    names.insert(name)
                    tell(name, shard.state == .up)
                }
            }
            tell("", true)
            tell(CacheService.name, isUsable)
            if usesMemory { tell("l1", true) }
            if !pools.isEmpty { tell("l2", isWhole) }
            // A shard that has left its cluster.
            for name in registry.all().keys where name.hasPrefix("l2/") && !names.contains(name) {
                registry.remove(name)
            }
        }
    }
}
