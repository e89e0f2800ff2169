// Stats of the shared level, as messages; pure functions.

import CacheEngine
import Messages
import RedisClient

extension SharedStatistics {
    /// One for each shard, in the order of the pools.
    func shardMessages(in arena: MessageArena) -> [ShardStats] {
        pools.enumerated().flatMap { index, pool in
            pool.shards.map { shard in
                let feed =
                    feeds.indices.contains(index)
                    ? feeds[index].shards.first { $0.name == shard.view.id.name } : nil
                return ShardStats(shard, of: pool.name, feed: feed, in: arena)
            }
        }
    }

    /// The shared level as a whole.
    func message(in arena: MessageArena) -> SharedStats {
        var message = SharedStats()
        message.clusters = pools.compactMap { pool in
            pool.cluster.map { ClusterStats($0, of: pool.name, in: arena) }
        }
        message.writeBehind = writeBehind.map { WriteBehindStats($0) }
        message.foreignEntries = UInt64(clamping: foreignEntries)
        message.feed = FeedStats(feeds)
        message.walks = walks.map { WalkStats($0, in: arena) }
        return message
    }
}

extension ShardStats {
    init(
        _ shard: RedisPoolStatistics.Shard, of pool: String, feed: FeedStatistics.Shard?,
        in arena: MessageArena
    ) {
        self.init()
        name = arena.copy(shard.view.id.name)
        state = arena.copy(shard.view.state.rawValue)
        breaker = arena.copy(shard.view.breaker.rawValue)
        self.pool = arena.copy(pool)
        address = arena.copy(shard.view.address.description)
        role = arena.copy(Self.role(shard.role))
        inFlight = UInt64(clamping: shard.counters.inFlight)
        queuedBytes = UInt64(clamping: shard.counters.queuedBytes)
        bytesSent = shard.counters.bytesSent
        bytesReceived = shard.counters.bytesReceived
        commands = shard.counters.calls
        errors = shard.counters.errors
        retries = shard.counters.retries
        redirects = shard.counters.redirects
        latency = shard.latency.count == 0 ? nil : CommandLatency(shard.latency)
        self.feed = arena.copy(Self.name(of: feed?.state))
        partitions = UInt32(clamping: shard.view.partitions.count)
        redis = shard.server.map { RedisServerStats($0, in: arena) }
    }

    private static func name(of feed: FeedStatistics.State?) -> String {
        switch feed {
        case nil, .disconnected: "lost"
        case .attaching: "connecting"
        case .live: "live"
        }
    }

    /// Redis still has the old word for a replica in its INFO.
    private static func role(_ role: String?) -> String {
        role == "slave" ? "replica" : role ?? ""
    }
}

extension CommandLatency {
    init(_ summary: LatencySummary) {
        self.init()
        count = summary.count
        p50 = ProtoDuration(nanoseconds: summary.p50)
        p90 = ProtoDuration(nanoseconds: summary.p90)
        p99 = ProtoDuration(nanoseconds: summary.p99)
        max = ProtoDuration(nanoseconds: summary.max)
    }
}

extension RedisServerStats {
    /// A field that the server does not tell is as proto3 defaults it.
    init(_ server: RedisServerInfo, in arena: MessageArena) {
        self.init()
        func number(_ value: Int?) -> UInt64 { UInt64(clamping: value ?? 0) }
        version = arena.copy(server.version ?? "")
        mode = arena.copy(server.mode ?? "")
        uptime = server.uptimeSeconds.map { ProtoDuration(seconds: Int64($0)) }
        usedMemory = number(server.usedMemoryBytes)
        usedMemoryPeak = number(server.peakMemoryBytes)
        maxmemory = number(server.maxMemoryBytes)
        maxmemoryPolicy = arena.copy(server.maxMemoryPolicy ?? "")
        memFragmentationRatio = server.fragmentationRatio ?? 0
        connectedClients = number(server.connectedClients)
        totalConnectionsReceived = number(server.connectionsReceived)
        totalCommandsProcessed = number(server.commandsProcessed)
        keyspaceHits = number(server.keyspaceHits)
        keyspaceMisses = number(server.keyspaceMisses)
        evictedKeys = number(server.evictedKeys)
        expiredKeys = number(server.expiredKeys)
    }
}

extension ClusterStats {
    /// The slots of every cluster (Redis Cluster specification, key distribution model).
    private static let slots: UInt32 = 16_384

    init(_ cluster: RedisPoolStatistics.Cluster, of pool: String, in arena: MessageArena) {
        self.init()
        self.pool = arena.copy(pool)
        state = arena.copy(cluster.state)
        knownNodes = UInt32(clamping: cluster.knownNodes)
        healthyNodes = UInt32(clamping: cluster.healthyNodes ?? 0)
        slotsOk = UInt32(clamping: cluster.slotsOK)
        slotsTotal = Self.slots
    }
}

extension WriteBehindStats {
    init(_ statistics: WriteBehindStatistics) {
        self.init()
        entries = UInt64(clamping: statistics.entries)
        bytes = UInt64(clamping: statistics.bytes)
        maxBytes = UInt64(clamping: statistics.maxBytes)
        oldestAge = statistics.oldestAge.map { age in
            let (seconds, attoseconds) = age.components
            return ProtoDuration(seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
        }
        flushed = statistics.flushed
        failed = statistics.failed
        dropped = statistics.dropped
    }
}

extension FeedStats {
    init(_ feeds: [FeedStatistics]) {
        self.init()
        events = feeds.reduce(0) { $0 &+ $1.events }
        gapsRepaired = feeds.reduce(0) { $0 &+ $1.gaps }
        resets = feeds.reduce(0) { $0 &+ $1.resets }
        duplicates = feeds.reduce(0) { $0 &+ $1.duplicates }
        malformed = feeds.reduce(0) { $0 &+ $1.malformed }
    }
}

extension WalkStats {
    init(_ walk: WalkStatistics, in arena: MessageArena) {
        self.init()
        id = walk.id
        kind = arena.copy(walk.kind.rawValue)
        scanned = UInt64(clamping: walk.scanned)
        removed = UInt64(clamping: walk.removed)
        total = UInt64(clamping: walk.total)
        startedAt = ProtoTimestamp(walk.startedAt)
    }
}
