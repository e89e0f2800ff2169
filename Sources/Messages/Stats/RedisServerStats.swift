// Owns what a Redis server says about itself; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.RedisServerStats`: what a Redis server says about itself, by the names of its
/// INFO.
package struct RedisServerStats: Equatable {
    /// Its version.
    package var version = ByteView()
    /// `standalone`, `cluster`, `sentinel`.
    package var mode = ByteView()
    /// How long it has been running.
    package var uptime: ProtoDuration?
    /// Bytes it has allocated.
    package var usedMemory: UInt64 = 0
    /// The most it ever had.
    package var usedMemoryPeak: UInt64 = 0
    /// The most it may have; 0: no limit.
    package var maxmemory: UInt64 = 0
    /// What it does at that limit, such as `allkeys-lru` or `noeviction`.
    package var maxmemoryPolicy = ByteView()
    /// Memory the system gave it, over what it has allocated: far above 1 is fragmentation, below 1
    /// is swapping.
    package var memFragmentationRatio: Double = 0
    /// Open connections of clients, ours among them.
    package var connectedClients: UInt64 = 0
    /// Connections it ever accepted.
    package var totalConnectionsReceived: UInt64 = 0
    /// Commands it ever processed.
    package var totalCommandsProcessed: UInt64 = 0
    /// Look-ups of keys that exist.
    package var keyspaceHits: UInt64 = 0
    /// Look-ups of keys that do not.
    package var keyspaceMisses: UInt64 = 0
    /// Keys it removed for room.
    package var evictedKeys: UInt64 = 0
    /// Keys it removed because their time was up.
    package var expiredKeys: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension RedisServerStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__redis_server_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__RedisServerStats>) {
        version = ByteView(c.pointee.version)
        mode = ByteView(c.pointee.mode)
        uptime = ProtoDuration(c.pointee.uptime)
        usedMemory = c.pointee.used_memory
        usedMemoryPeak = c.pointee.used_memory_peak
        maxmemory = c.pointee.maxmemory
        maxmemoryPolicy = ByteView(c.pointee.maxmemory_policy)
        memFragmentationRatio = c.pointee.mem_fragmentation_ratio
        connectedClients = c.pointee.connected_clients
        totalConnectionsReceived = c.pointee.total_connections_received
        totalCommandsProcessed = c.pointee.total_commands_processed
        keyspaceHits = c.pointee.keyspace_hits
        keyspaceMisses = c.pointee.keyspace_misses
        evictedKeys = c.pointee.evicted_keys
        expiredKeys = c.pointee.expired_keys
    }

    func fill(_ c: inout Cachemanager__V1__RedisServerStats, in arena: MessageArena) {
        c.version = arena.text(version)
        c.mode = arena.text(mode)
        c.uptime = arena.makeIfPresent(uptime)
        c.used_memory = usedMemory
        c.used_memory_peak = usedMemoryPeak
        c.maxmemory = maxmemory
        c.maxmemory_policy = arena.text(maxmemoryPolicy)
        c.mem_fragmentation_ratio = memFragmentationRatio
        c.connected_clients = connectedClients
        c.total_connections_received = totalConnectionsReceived
        c.total_commands_processed = totalCommandsProcessed
        c.keyspace_hits = keyspaceHits
        c.keyspace_misses = keyspaceMisses
        c.evicted_keys = evictedKeys
        c.expired_keys = expiredKeys
    }
}
