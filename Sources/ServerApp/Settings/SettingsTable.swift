// Owns the list of all settings: a name, a place, a range and a sentence each; constants.
//
// Flags, environment variables, the YAML keys, --help, --print-config and docs/settings.md all
// come from these rows, so a new setting is one row here and one property of its type.

import CacheEngine

enum SettingsTable {
    /// What the project's own environment variables begin with.
    static let variablePrefix = "CACHE_MANAGER_"
    /// The YAML key under which the namespaces stand.
    static let namespacesKey = "namespaces"
    /// The YAML key under which the pools stand beside `default`.
    static let poolsKey = "redis_pools"
    /// The most pools, with `default`.
    static let maxPools = 8
    /// What a largest value needs beside itself for its key, tags and metadata, in a message as
    /// well as in memory.
    static let valueOverheadBytes = 64 << 10
    /// The most namespaces a file may configure.
    static let maxNamespaces = 256

    private static let longest = Duration.seconds(3_650 * 86_400)
    private static let shortest = Duration.milliseconds(100)
    private static let hour = Duration.seconds(3_600)

    static let rows: [SettingDefinition<Settings>] = [
        .init(
            "listen_host", \.listenHost, .host(),
            help: "Address the gRPC port listens on; 0.0.0.0 or :: opens it to the network."),
        .init(
            "listen_port", \.listenPort, .integer(0...65_535),
            help: "gRPC port; 0 takes any free one."),
        .init(
            "tls_certificate", optional: \.tlsCertificate, .file(), defaultInWords: "TLS is off",
            help: "Certificate of the gRPC port in PEM, with those that lead to its CA."),
        .init(
            "tls_key", optional: \.tlsKey, .file(), defaultInWords: "TLS is off",
            help: "Private key of tls_certificate in PEM, not encrypted."),
        .init(
            "tls_client_ca", optional: \.tlsClientCA, .file(), defaultInWords: "none",
            help: "Authorities in PEM that sign the clients' certificates."),
        .init(
            "tls_client_certificates", \.tlsClientCertificates, .choice(),
            help: "Whether clients must show a certificate, may, or are not asked."),
        .init(
            "threads", \.threads, .integer(1...1_024), defaultInWords: "one per core",
            help: "Event loops that carry the connections."),
        .init(
            "l1_max_bytes", \.l1MaxBytes, .bytes((1 << 20)...EngineConfiguration.mostBytes),
            help: "Most bytes of entries kept in memory, over all namespaces."),
        .init(
            "l1_max_entries", \.l1MaxEntries, .integer(0...1_000_000_000),
            aliases: ["CACHE_L1_MAX_ENTRIES", "CACHE_L1_MAX_SIZE", "MAX_MEMORY_SIZE"],
            help: "Most entries of what shares the budget; 0 means that only bytes count."),
        .init(
            "default_ttl", \.defaultTTL, .duration(.milliseconds(1)...longest),
            aliases: ["CACHE_DEFAULT_TTL", "CACHE_TTL", "CACHE_L2_TTL"],
            help: "Life of an entry when neither its writer nor its namespace gives one."),
        .init(
            "cleanup_interval", \.cleanupInterval,
            .duration(.milliseconds(100)...Duration.seconds(3_600)),
            aliases: ["CACHE_CLEANUP_INTERVAL", "CACHE_L1_CLEANUP_INTERVAL"],
            help: "Longest that an expired entry stays in memory before a sweep removes it."),
        .init(
            "max_value_bytes", \.maxValueBytes, .bytes(1_024...(1 << 30)),
            help: "Largest value a client may store."),
        .init(
            "max_batch_keys", \.maxBatchKeys, .integer(1...10_000),
            help: "Most keys in one batch call."),
        .init(
            "max_message_bytes", \.maxMessageBytes, .bytes((128 << 10)...(2 << 30) - 1),
            help: "Largest message a client may send."),
        .init(
            "compress_replies_above", \.compressRepliesAbove, .bytes(0...(1 << 30)),
            help: "Larger unary replies are sent as gzip to who accepts it; 0: none are."),
        .init(
            "compression_threshold", \.compressionThreshold, .bytes(0...(1 << 30)),
            aliases: ["COMPRESSION_THRESHOLD"],
            help: "Larger values are stored compressed where that saves 12 %; 0: none are."),
        .init(
            "max_concurrent_streams", \.maxConcurrentStreams, .integer(1...100_000),
            help: "Most calls open at once on one connection."),
        .init(
            "max_connections", \.maxConnections, .integer(1...1_000_000),
            help: "Most connections open at once."),
        .init(
            "max_header_bytes", \.maxHeaderBytes, .bytes(4_096...65_536),
            help: "Most bytes of a call's headers; eight times as many end the connection."),
        .init(
            "max_unsent_bytes", \.maxUnsentBytes, .bytes(65_536...(1 << 30)),
            help: "Bytes of answers a connection may leave unread before its calls wait."),
        .init(
            "max_resets_per_second", \.maxResetsPerSecond, .integer(1...1_000_000),
            help: "Calls a connection may reset a second; ten times as many at once."),
        .init(
            "max_stream_errors_per_second", \.maxStreamErrorsPerSecond, .integer(1...1_000_000),
            help: "HTTP/2 errors a connection may cause a second; ten times as many at once."),
        .init(
            "max_control_frames_per_second", \.maxControlFramesPerSecond,
            .integer(100...1_000_000),
            help: "PINGs and the like a connection may send a second; ten times at once."),
        .init(
            "invalidation_history", \.invalidationHistory, .integer(16...1_000_000),
            help: "Events each of the 256 partitions keeps for watchers that resume."),
        .init(
            "invalidation_buffer_bytes", \.invalidationBufferBytes, .bytes((16 << 10)...(64 << 20)),
            help: "Bytes that may wait for a watcher; the rest stays in the history."),
        .init(
            "drain_timeout", \.drainTimeout, .duration(.zero...Duration.seconds(600)),
            help: "Longest that calls in flight may take once the server is told to stop."),
        .init(
            "handshake_timeout", \.handshakeTimeout, .duration(shortest...hour),
            help: "What a client has for its half of TLS, then for its first HTTP/2 bytes."),
        .init(
            "stall_timeout", \.stallTimeout, .duration(shortest...hour),
            help: "Longest that a client may leave an answer unread or a request unfinished."),
        .init(
            "keepalive_time", \.keepaliveTime, .duration(.seconds(1)...longest),
            help: "Silence after which a client is pinged."),
        .init(
            "keepalive_timeout", \.keepaliveTimeout, .duration(shortest...hour),
            help: "What a client has to answer that ping before it counts as gone."),
        .init(
            "keepalive_min_ping_interval", \.keepaliveMinPingInterval,
            .duration(.zero...longest),
            help: "Least time between pings of a client to which nothing is sent."),
        .init(
            "connection_max_age", \.connectionMaxAge, .orOff(.duration(.seconds(1)...longest)),
            help: "Age at which a connection is ended gracefully, give or take a tenth."),
        .init(
            "connection_max_age_grace", \.connectionMaxAgeGrace,
            .orOff(.duration(.zero...longest)),
            help: "What the calls of such a connection get to finish."),
        .init(
            "connection_max_idle", \.connectionMaxIdle, .orOff(.duration(.seconds(1)...longest)),
            help: "Time without a call after which a connection is ended gracefully."),
        .init(
            "redis_url", optional: \.redisURL, .redisURL(),
            aliases: ["REDIS_URL", "ROUTER_REDIS_URL"],
            defaultInWords: "none: all is in memory",
            help: "Redis servers of the second level (L2); docs/redis.md has examples."),
        .init(
            "redis_password", optional: \.redisPassword, .secret(), aliases: ["REDIS_PASSWORD"],
            defaultInWords: "none",
            help: "Password of Redis servers whose URL has none."),
        .init(
            "redis_key_prefix", \.redisKeyPrefix, .prefix(), aliases: ["CACHE_L2_KEY_PREFIX"],
            help: "What all keys in Redis begin with; one for each deployment."),
        .init(
            "redis_max_connections", \.redisMaxConnections, .integer(1...65_536),
            aliases: ["REDIS_MAX_CONNECTIONS"],
            help: "Most connections to the servers of one pool, subscribers apart."),
        .init(
            "redis_timeout", \.redisTimeout, .duration(.milliseconds(1)...hour),
            aliases: ["REDIS_SOCKET_TIMEOUT"],
            help: "Longest that a call waits for Redis, retries included."),
        .init(
            "redis_connect_timeout", \.redisConnectTimeout, .duration(.milliseconds(10)...hour),
            help: "Longest that connecting to Redis takes, TLS and login included."),
        .init(
            "redis_history", \.redisHistory, .integer(16...1_000_000),
            help: "Events each of the 256 partitions keeps in Redis for repairs."),
        .init(
            "l1_enabled", \.l1Enabled, .flag(), aliases: ["CACHE_L1_ENABLED"],
            help: "Whether entries are kept in memory (L1) beside Redis."),
        .init(
            "l2_enabled", \.l2Enabled, .flag(), aliases: ["CACHE_L2_ENABLED"],
            help: "Whether Redis is used; false: as if there were no redis_url."),
        .init(
            "l1_ttl", \.l1TTL, .duration(.milliseconds(1)...longest), aliases: ["CACHE_L1_TTL"],
            help: "Longest that memory serves an entry before Redis is asked again."),
        .init(
            "max_staleness", \.maxStaleness, .duration(.zero...hour),
            help: "Longest that memory serves while it cannot hear of changes."),
        .init(
            "write_behind_max_bytes", \.writeBehindMaxBytes, .bytes((64 << 10)...(64 << 30)),
            help: "Most bytes of acknowledged writes that wait for Redis."),
        .init(
            "log_level", \.logLevel, .choice(), isReloadable: true,
            help: "Least severe level that is logged."),
        .init(
            "log_format", \.logFormat, .choice(),
            help: "Log lines as key=value pairs or as one JSON object each."),
    ]

    static let namespaceRows: [SettingDefinition<NamespaceSettings>] = [
        .init(
            "ttl", optional: \.ttl, .duration(.milliseconds(1)...longest),
            defaultInWords: "default_ttl", isReloadable: true,
            help: "Life of an entry when its writer gives none."),
        .init(
            "jitter", \.lifetime.jitter, .fraction(0...LifetimeRules.maxJitter),
            isReloadable: true,
            help: "Part of every life that is taken off by chance, so that not all end at once."),
        .init(
            "adaptive_ttl", \.lifetime.adaptsToUse, .flag(), isReloadable: true,
            help: "Whether ttl is halved for what nobody reads, up to 4 times for what many do."),
        .init(
            "eviction", \.eviction, .choice(), isReloadable: true,
            help: "What makes room; docs/eviction.md says what each does."),
        .init(
            "max_bytes", optional: \.maxBytes, .bytes(1_024...EngineConfiguration.mostBytes),
            defaultInWords: "shares the rest", isReloadable: true,
            help: "The namespace's own part of l1_max_bytes."),
        .init(
            "max_entries", optional: \.maxEntries, .integer(1...1_000_000_000),
            defaultInWords: "only bytes count", isReloadable: true,
            help: "The namespace's own cap of entries; needs max_bytes beside it."),
        .init(
            "compression_threshold", optional: \.compressionThreshold, .bytes(0...(1 << 30)),
            defaultInWords: "compression_threshold", isReloadable: true,
            help: "Larger values are stored compressed where that saves 12 %; 0: none are."),
        .init(
            "l1", \.isInMemory, .flag(), isReloadable: true,
            help: "Whether its entries are kept in memory beside Redis."),
        .init(
            "l1_ttl", optional: \.memoryTTL, .duration(.milliseconds(1)...longest),
            defaultInWords: "l1_ttl", isReloadable: true,
            help: "Longest that memory serves an entry before Redis is asked again."),
        .init(
            "l2_writes", \.sharedWrites, .choice(), isReloadable: true,
            help: "Whether a write is acknowledged by Redis, or at once."),
        .init(
            "on_l2_failure", \.onSharedFailure, .choice(), isReloadable: true,
            help: "What a call gets while Redis is away; docs/redis.md has the table."),
        .init(
            "read_from", \.sharedReads, .choice(), isReloadable: true,
            help: "Which of a shard's servers answers reads; a replica may be behind."),
        .init(
            "events", \.events, .choice(),
            help: "Which changes other instances and watchers hear of; none is cheaper."),
        .init(
            "pool", \.pool, .name(), help: "The Redis servers, by their name in redis_pools."),
    ]

    /// The project's own environment variable for a key.
    static func ownVariable(_ key: String) -> String {
        variablePrefix + key.uppercased()
    }
}
