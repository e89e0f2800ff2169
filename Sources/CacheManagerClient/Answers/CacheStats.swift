// What a server counts; values.

import Messages

/// Statistics of one instance since its start. Encoded, they have the names of the contract.
public struct CacheStats: Encodable, Sendable, Hashable {
    /// Counters of one namespace.
    public struct Namespace: Encodable, Sendable, Hashable {
        /// Its name; `default` has every key whose namespace is not configured.
        public var namespace: String
        /// Its counters.
        public var counters: Counters
        /// Its eviction policy now.
        public var policy = ""
        /// What its evictions were for.
        public var evictions: [Evictions] = []
    }

    /// Entries removed from the instance's memory for room, for one reason.
    public struct Evictions: Encodable, Sendable, Hashable {
        /// The policy that removed them; empty where those of a namespace are counted together.
        public var policy: String
        /// Why: `order`, `not_admitted`, `outcompeted`, `shrunk`; later versions may have more.
        public var reason: String
        /// How many.
        public var count: UInt64
    }

    /// How long one operation took inside the service. Not every call is timed.
    public struct Latency: Sendable, Hashable {
        /// The name of the call.
        public var operation: String
        /// How many calls were measured.
        public var count: UInt64
        /// Half of them took at most this long.
        public var p50: Duration?
        /// 90 % of them.
        public var p90: Duration?
        /// 99 % of them.
        public var p99: Duration?
        /// 99.9 % of them.
        public var p999: Duration?
        /// The longest.
        public var max: Duration?
    }

    /// How many connections were rejected for one reason.
    public struct Rejections: Encodable, Sendable, Hashable {
        /// The reason's name.
        public var reason: String
        /// How many.
        public var count: UInt64
    }

    /// The instance that answered.
    public struct Instance: Encodable, Sendable, Hashable {
        /// `embedded` when it runs alone; else what the shared level is, for people: `redis`,
        /// `redis shards (3)`, `redis cluster`, `redis sentinel`.
        public var mode: String
        /// The version of the program.
        public var version: String
        /// When it started.
        public var startedAt: CacheInstant?
        /// Open connections.
        public var connections: UInt64
        /// Open invalidation streams.
        public var watchers: UInt64
        /// Events sent to all of them so far.
        public var eventsDelivered: UInt64
        /// Events in the history that can be resumed from.
        public var historyEvents: UInt64
        /// How often a stream was told to start afresh.
        public var resets: UInt64
        /// Connections turned away or ended against their peers' will, by reason.
        public var rejectedConnections: [Rejections]
    }

    /// The compression of the values that the instance stored.
    public struct Compression: Encodable, Sendable, Hashable {
        /// Values that were stored compressed.
        public var compressed: UInt64 = 0
        /// Values above the threshold that were stored as they came: compressing them saved too
        /// little.
        public var leftPlain: UInt64 = 0
        /// Bytes of the compressed ones, before.
        public var bytesBefore: UInt64 = 0
        /// Bytes of the compressed ones, after.
        public var bytesAfter: UInt64 = 0
    }

    /// The sum over the namespaces.
    public var totals: Counters
    /// One for each namespace that is configured or was used.
    public var namespaces: [Namespace]
    /// One for each operation.
    public var latencies: [Latency]
    /// One for each shard of the shared level; none when the instance runs alone.
    public var shards: [Shard]
    /// The shared level as a whole; nil when the instance runs alone.
    public var shared: Shared?
    /// What compressing values has saved.
    public var compression = Compression()
    /// The instance itself.
    public var instance: Instance
    /// What is used most; nil unless it was asked for.
    public var top: Top?
    /// Entries removed for room, of all namespaces together, by policy and reason; none where one
    /// namespace was asked for.
    public var evictions: [Evictions] = []
}

extension CacheStats {
    init(_ response: StatsResponse) {
        totals = Counters(response.totals ?? Messages.Counters())
        namespaces = response.namespaces.map {
            Namespace(
                namespace: $0.namespace.string,
                counters: Counters($0.counters ?? Messages.Counters()),
                policy: $0.policy.string, evictions: $0.evictions.map { Evictions($0) })
        }
        latencies = response.latencies.map {
            Latency(
                operation: $0.operation.string, count: $0.count, p50: $0.p50.map(Duration.init),
                p90: $0.p90.map(Duration.init), p99: $0.p99.map(Duration.init),
                p999: $0.p999.map(Duration.init), max: $0.max.map(Duration.init))
        }
        shards = response.shards.map { Shard($0) }
        shared = response.shared.map { Shared($0) }
        if let message = response.compression { compression = Compression(message) }
        let instance = response.instance ?? InstanceStats()
        self.instance = Instance(
            mode: instance.mode.string, version: instance.version.string,
            startedAt: CacheInstant(instance.startedAt), connections: instance.connections,
            watchers: instance.watchers, eventsDelivered: instance.eventsDelivered,
            historyEvents: instance.historyEvents, resets: instance.resets,
            rejectedConnections: instance.rejectedConnections.map {
                Rejections(reason: $0.reason.string, count: $0.count)
            })
        top = response.top.map { Top($0) }
        evictions = response.evictions.map { Evictions($0) }
    }
}

extension CacheStats.Evictions {
    init(_ message: EvictionStats) {
        policy = message.policy.string
        reason = message.reason.string
        count = message.count
    }
}

extension CacheStats.Compression {
    init(_ message: CompressionStats) {
        compressed = message.compressed
        leftPlain = message.leftPlain
        bytesBefore = message.bytesBefore
        bytesAfter = message.bytesAfter
    }
}

extension CacheStats.Latency: Encodable {
    private enum CodingKeys: String, CodingKey {
        case operation, count, p50, p90, p99, p999, max
    }

    /// With the spans as protobuf's JSON writes them: `0.000012s`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(operation, forKey: .operation)
        try container.encode(count, forKey: .count)
        try container.encodeIfPresent(p50?.jsonText, forKey: .p50)
        try container.encodeIfPresent(p90?.jsonText, forKey: .p90)
        try container.encodeIfPresent(p99?.jsonText, forKey: .p99)
        try container.encodeIfPresent(p999?.jsonText, forKey: .p999)
        try container.encodeIfPresent(max?.jsonText, forKey: .max)
    }
}
