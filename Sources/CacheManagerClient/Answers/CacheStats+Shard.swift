// The shards inside statistics; values.

import Messages

extension CacheStats {
    /// The state of one shard of the shared level, as this instance sees it.
    public struct Shard: Encodable, Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Whether it answers: `connecting`, `up`, `down`.
        public var state: String
        /// Commands sent and not yet answered.
        public var inFlight: UInt64
        /// Its circuit breaker: `closed`, `open`, `half_open`.
        public var breaker: String
        /// The pool it belongs to.
        public var pool: String
        /// Where its master is: `host:port`, or the path of a socket.
        public var address: String
        /// What the server says it is: `master`, `replica`; empty while it is not known.
        public var role: String
        /// Bytes of commands that wait to be sent.
        public var queuedBytes: UInt64
        /// Bytes sent to it so far.
        public var bytesSent: UInt64
        /// Bytes received from it so far.
        public var bytesReceived: UInt64
        /// Commands answered or failed so far.
        public var commands: UInt64
        /// Those of them that failed.
        public var errors: UInt64
        /// How often a command was sent again.
        public var retries: UInt64
        /// How often it named another server for a command.
        public var redirects: UInt64
        /// How long its answers took; nil before the first.
        public var latency: CommandLatency?
        /// How its invalidations are heard: `connecting`, `live`, `lost`.
        public var feed: String
        /// How many of the keyspace's 256 partitions it has.
        public var partitions: UInt32
        /// What the server says about itself; nil where it did not answer in time.
        public var redis: Redis?
    }

    /// How long a shard's answers took.
    public struct CommandLatency: Sendable, Hashable {
        /// How many commands were measured.
        public var count: UInt64
        /// Half of them took at most this long.
        public var p50: Duration?
        /// 90 % of them.
        public var p90: Duration?
        /// 99 % of them.
        public var p99: Duration?
        /// The longest.
        public var max: Duration?
    }
}

extension CacheStats.Shard {
    init(_ message: ShardStats) {
        name = message.name.string
        state = message.state.string
        inFlight = message.inFlight
        breaker = message.breaker.string
        pool = message.pool.string
        address = message.address.string
        role = message.role.string
        queuedBytes = message.queuedBytes
        bytesSent = message.bytesSent
        bytesReceived = message.bytesReceived
        commands = message.commands
        errors = message.errors
        retries = message.retries
        redirects = message.redirects
        latency = message.latency.map { CacheStats.CommandLatency($0) }
        feed = message.feed.string
        partitions = message.partitions
        redis = message.redis.map { CacheStats.Redis($0) }
    }
}

extension CacheStats.CommandLatency {
    init(_ message: CommandLatency) {
        count = message.count
        p50 = message.p50.map(Duration.init)
        p90 = message.p90.map(Duration.init)
        p99 = message.p99.map(Duration.init)
        max = message.max.map(Duration.init)
    }
}

extension CacheStats.CommandLatency: Encodable {
    private enum CodingKeys: String, CodingKey {
        case count, p50, p90, p99, max
    }

    /// With the spans as protobuf's JSON writes them: `0.000012s`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(count, forKey: .count)
        try container.encodeIfPresent(p50?.jsonText, forKey: .p50)
        try container.encodeIfPresent(p90?.jsonText, forKey: .p90)
        try container.encodeIfPresent(p99?.jsonText, forKey: .p99)
        try container.encodeIfPresent(max?.jsonText, forKey: .max)
    }
}
