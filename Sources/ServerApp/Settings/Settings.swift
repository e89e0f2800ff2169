// Owns the values the server runs with; a value type, read once at the start by the composition.

import CacheService
package import Logging
import NIOCore
package import RedisClient
package import TLS

/// How a log line is written.
package enum LogFormat: String, Sendable, Equatable, CaseIterable {
    /// `key=value` pairs, for people.
    case text
    /// One JSON object a line, for collectors.
    case json
}

/// Every setting of the server, with its default as the initial value.
///
/// ``SettingsTable`` gives each its name, its allowed range and its sentence of help.
package struct Settings: Sendable, Equatable {
    /// The address the gRPC port listens on.
    package var listenHost = "127.0.0.1"
    /// The gRPC port; 0 takes any free one.
    package var listenPort = 50_051
    /// The server's certificate; nil: the port speaks plain HTTP/2.
    package var tlsCertificate: String?
    /// The private key that belongs to it.
    package var tlsKey: String?
    /// The authorities that sign the clients' certificates.
    package var tlsClientCA: String?
    /// Whether clients are asked for certificates.
    package var tlsClientCertificates = ClientCertificatePolicy.off
    /// How many event loops carry the connections.
    package var threads = System.coreCount
    /// The most bytes of entries kept in memory, over all namespaces.
    package var l1MaxBytes = 256 << 20
    /// The most entries of what shares the budget; 0 means that only bytes count.
    package var l1MaxEntries = 0
    /// How long an entry lives when neither its writer nor its namespace says so.
    package var defaultTTL = Duration.seconds(3_600)
    /// How long an expired entry may stay before a sweep takes it out and tells the watchers.
    package var cleanupInterval = Duration.seconds(60)
    /// The largest value a client may store, in bytes.
    package var maxValueBytes = 1 << 20
    /// The most keys in one batch call.
    package var maxBatchKeys = 1_000
    /// The largest message a client may send, in bytes.
    package var maxMessageBytes = 4 << 20
    /// Unary replies above this many bytes are compressed; 0 means none.
    package var compressRepliesAbove = 0
    /// Values above this many bytes are stored compressed; 0 means none.
    package var compressionThreshold = CompressionRules.standardThreshold
    /// The most calls open at once on one connection.
    package var maxConcurrentStreams = 1_000
    /// The most connections open at once.
    package var maxConnections = 10_000
    /// The most bytes of headers a call may have, as HTTP/2 counts them.
    package var maxHeaderBytes = 16 << 10
    /// How many bytes of answers a connection may leave unread before its calls wait.
    package var maxUnsentBytes = 16 << 20
    /// How many calls a connection may reset a second.
    package var maxResetsPerSecond = 1_000
    /// How many errors of calls a connection may provoke a second.
    package var maxStreamErrorsPerSecond = 100
    /// How many frames that carry no request a connection may send a second.
    package var maxControlFramesPerSecond = 10_000
    /// How many events each of the 256 partitions keeps for watchers that resume.
    package var invalidationHistory = 1_024
    /// How many bytes may wait for a watcher before the rest stays in the history.
    package var invalidationBufferBytes = 256 << 10
    /// How long calls in flight may take to finish once the server is told to stop.
    package var drainTimeout = Duration.seconds(10)
    /// What a peer has for its half of TLS, for HTTP/2's first bytes, for acknowledging ours.
    package var handshakeTimeout = Duration.seconds(10)
    /// How long a connection or a call may stand still while its peer has to read or to send.
    package var stallTimeout = Duration.seconds(60)
    /// How long a peer may be silent before it is pinged.
    package var keepaliveTime = Duration.seconds(7_200)
    /// How long it may take to answer that ping.
    package var keepaliveTimeout = Duration.seconds(20)
    /// The least time between a client's pings while nothing is sent to it.
    package var keepaliveMinPingInterval = Duration.seconds(300)
    /// How old a connection becomes, give or take a tenth; nil: as old as its client likes.
    package var connectionMaxAge: Duration?
    /// What the calls of an old connection get to finish; nil: what they need.
    package var connectionMaxAgeGrace: Duration?
    /// How long a connection may be without a call; nil: as long as its client likes.
    package var connectionMaxIdle: Duration?
    /// The servers of the pool `default`; nil: there is no Redis.
    package var redisURL: RedisURL?
    /// The password of servers whose URL has none.
    package var redisPassword: String?
    /// What the names of all keys in Redis begin with.
    package var redisKeyPrefix = "cm:"
    /// The most connections to one pool's servers, subscribers apart.
    package var redisMaxConnections = 1_024
    /// How long a command may take, its retries included.
    package var redisTimeout = Duration.seconds(5)
    /// How long connecting, TLS and the greeting may take together.
    package var redisConnectTimeout = Duration.seconds(5)
    /// How many events Redis keeps of each partition.
    package var redisHistory = 10_000
    /// Whether entries are kept in memory beside Redis.
    package var l1Enabled = true
    /// Whether Redis is used where there is one.
    package var l2Enabled = true
    /// How long an entry serves from memory beside Redis.
    package var l1TTL = Duration.seconds(300)
    /// How long memory serves what Redis may have changed unheard.
    package var maxStaleness = Duration.seconds(5)
    /// The most bytes of writes that wait for Redis.
    package var writeBehindMaxBytes = 64 << 20
    /// The servers of the other pools, by name.
    package var redisPools: [String: RedisURL] = [:]
    /// The least severe level that is logged.
    package var logLevel = Logger.Level.info
    /// How a log line is written.
    package var logFormat = LogFormat.text
    /// The configured namespaces, by name; `default` is what is not in here.
    package var namespaces: [String: NamespaceSettings] = [:]

    /// The pool whose servers are those of ``redisURL``.
    package static let defaultPool = "default"

    /// The defaults.
    package init() {}

    /// Whether Redis is there and used.
    package var hasSharedLevel: Bool { redisURL != nil && l2Enabled }

    /// What is left of ``l1MaxBytes`` for all that has no budget of its own.
    package var sharedBytes: Int {
        namespaces.values.reduce(l1MaxBytes) { $0 - ($1.maxBytes ?? 0) }
    }
}
