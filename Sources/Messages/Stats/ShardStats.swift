// Owns the state of one shard; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.ShardStats`: the state of one shard of the shared level, as this instance sees
/// it.
package struct ShardStats: Equatable {
    /// Its name.
    package var name = ByteView()
    /// Whether it answers: `connecting`, `up`, `down`.
    package var state = ByteView()
    /// Commands sent and not yet answered.
    package var inFlight: UInt64 = 0
    /// Its circuit breaker: `closed`, `open`, `half_open`.
    package var breaker = ByteView()
    /// The pool it belongs to.
    package var pool = ByteView()
    /// Where its master is: `host:port`, or the path of a socket.
    package var address = ByteView()
    /// What the server says it is: `master`, `replica`; empty while it is not known.
    package var role = ByteView()
    /// Bytes of commands that wait to be sent.
    package var queuedBytes: UInt64 = 0
    /// Bytes sent to it so far.
    package var bytesSent: UInt64 = 0
    /// Bytes received from it so far.
    package var bytesReceived: UInt64 = 0
    /// Commands answered or failed so far.
    package var commands: UInt64 = 0
    /// Those of them that failed.
    package var errors: UInt64 = 0
    /// How often a command was sent again.
    package var retries: UInt64 = 0
    /// How often it named another server for a command.
    package var redirects: UInt64 = 0
    /// How long its answers took; absent before the first.
    package var latency: CommandLatency?
    /// How its invalidations are heard: `connecting`, `live`, `lost`.
    package var feed = ByteView()
    /// How many of the keyspace's 256 partitions it has.
    package var partitions: UInt32 = 0
    /// What the server says about itself; absent where it did not answer in time.
    package var redis: RedisServerStats?

    /// All fields as proto3 defaults them.
    package init() {}
}

extension ShardStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__shard_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__ShardStats>) {
        name = ByteView(c.pointee.name)
        state = ByteView(c.pointee.state)
        inFlight = c.pointee.in_flight
        breaker = ByteView(c.pointee.breaker)
        pool = ByteView(c.pointee.pool)
        address = ByteView(c.pointee.address)
        role = ByteView(c.pointee.role)
        queuedBytes = c.pointee.queued_bytes
        bytesSent = c.pointee.bytes_sent
        bytesReceived = c.pointee.bytes_received
        commands = c.pointee.commands
        errors = c.pointee.errors
        retries = c.pointee.retries
        redirects = c.pointee.redirects
        latency = CommandLatency(c.pointee.latency)
        feed = ByteView(c.pointee.feed)
        partitions = c.pointee.partitions
        redis = RedisServerStats(c.pointee.redis)
    }

    func fill(_ c: inout Cachemanager__V1__ShardStats, in arena: MessageArena) {
        c.name = arena.text(name)
        c.state = arena.text(state)
        c.in_flight = inFlight
        c.breaker = arena.text(breaker)
        c.pool = arena.text(pool)
        c.address = arena.text(address)
        c.role = arena.text(role)
        c.queued_bytes = queuedBytes
        c.bytes_sent = bytesSent
        c.bytes_received = bytesReceived
        c.commands = commands
        c.errors = errors
        c.retries = retries
        c.redirects = redirects
        c.latency = arena.makeIfPresent(latency)
        c.feed = arena.text(feed)
        c.partitions = partitions
        c.redis = arena.makeIfPresent(redis)
    }
}
