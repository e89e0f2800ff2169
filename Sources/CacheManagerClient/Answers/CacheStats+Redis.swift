// What a Redis server says about itself; a value.

import Messages

extension CacheStats {
    /// What a Redis server says about itself, by the names of its INFO.
    public struct Redis: Sendable, Hashable {
        /// Its version.
        public var version: String
        /// `standalone`, `cluster`, `sentinel`.
        public var mode: String
        /// How long it has been running.
        public var uptime: Duration?
        /// Bytes it has allocated.
        public var usedMemory: UInt64
        /// The most it ever had.
        public var usedMemoryPeak: UInt64
        /// The most it may have; 0: no limit.
        public var maxmemory: UInt64
        /// What it does at that limit, such as `allkeys-lru` or `noeviction`.
        public var maxmemoryPolicy: String
        /// Memory the system gave it, over what it has allocated: far above 1 is fragmentation,
        /// below 1 is swapping.
        public var memFragmentationRatio: Double
        /// Open connections of clients, ours among them.
        public var connectedClients: UInt64
        /// Connections it ever accepted.
        public var totalConnectionsReceived: UInt64
        /// Commands it ever processed.
        public var totalCommandsProcessed: UInt64
        /// Look-ups of keys that exist.
        public var keyspaceHits: UInt64
        /// Look-ups of keys that do not.
        public var keyspaceMisses: UInt64
        /// Keys it removed for room.
        public var evictedKeys: UInt64
        /// Keys it removed because their time was up.
        public var expiredKeys: UInt64
    }
}

extension CacheStats.Redis {
    init(_ message: RedisServerStats) {
        version = message.version.string
        mode = message.mode.string
        uptime = message.uptime.map(Duration.init)
        usedMemory = message.usedMemory
        usedMemoryPeak = message.usedMemoryPeak
        maxmemory = message.maxmemory
        maxmemoryPolicy = message.maxmemoryPolicy.string
        // JSON has no number for the others.
        memFragmentationRatio =
            message.memFragmentationRatio.isFinite ? message.memFragmentationRatio : 0
        connectedClients = message.connectedClients
        totalConnectionsReceived = message.totalConnectionsReceived
        totalCommandsProcessed = message.totalCommandsProcessed
        keyspaceHits = message.keyspaceHits
        keyspaceMisses = message.keyspaceMisses
        evictedKeys = message.evictedKeys
        expiredKeys = message.expiredKeys
    }
}

extension CacheStats.Redis: Encodable {
    private enum CodingKeys: String, CodingKey {
        case version, mode, uptime, usedMemory, usedMemoryPeak, maxmemory, maxmemoryPolicy,
            memFragmentationRatio, connectedClients, totalConnectionsReceived,
            totalCommandsProcessed, keyspaceHits, keyspaceMisses, evictedKeys, expiredKeys
    }

    /// With the spans as protobuf's JSON writes them: `0.000012s`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(mode, forKey: .mode)
        try container.encodeIfPresent(uptime?.jsonText, forKey: .uptime)
        try container.encode(usedMemory, forKey: .usedMemory)
        try container.encode(usedMemoryPeak, forKey: .usedMemoryPeak)
        try container.encode(maxmemory, forKey: .maxmemory)
        try container.encode(maxmemoryPolicy, forKey: .maxmemoryPolicy)
        try container.encode(memFragmentationRatio, forKey: .memFragmentationRatio)
        try container.encode(connectedClients, forKey: .connectedClients)
        try container.encode(totalConnectionsReceived, forKey: .totalConnectionsReceived)
        try container.encode(totalCommandsProcessed, forKey: .totalCommandsProcessed)
        try container.encode(keyspaceHits, forKey: .keyspaceHits)
        try container.encode(keyspaceMisses, forKey: .keyspaceMisses)
        try container.encode(evictedKeys, forKey: .evictedKeys)
        try container.encode(expiredKeys, forKey: .expiredKeys)
    }
}
