// What the second level is, in words and as configurations of its pools; pure functions.

import RedisClient
import TLS

extension Settings {
    /// The word for an instance that shares nothing.
    static let embeddedMode = "embedded"

    /// Where the entries are, for the banner, the log and Stats.
    var mode: String {
        guard hasSharedLevel, let redisURL else { return Self.embeddedMode }
        let pools = redisPools.count
        let others = pools == 0 ? "" : " and \(pools) more pool\(pools == 1 ? "" : "s")"
        return redisURL.topology.mode + others
    }

    /// The pools in the order in which their partitions count: `default`, then by name.
    var poolConfigurations: [RedisConfiguration] {
        guard hasSharedLevel, let redisURL else { return [] }
        let others = redisPools.sorted { $0.key < $1.key }
        return ([(key: Self.defaultPool, value: redisURL)] + others).map { name, url in
            var configuration = url.configuration(name: name, password: redisPassword)
            configuration.keyPrefix = redisKeyPrefix
            configuration.connectTimeout = redisConnectTimeout
            configuration.tls?.handshakeTimeout = redisConnectTimeout
            configuration.commandTimeout = redisTimeout
            configuration.maxConnections = redisMaxConnections
            return configuration
        }
    }
}

extension RedisTopology {
    /// The word for it.
    var mode: String {
        switch self {
        case .shards(let shards): shards.count == 1 ? "redis" : "redis shards (\(shards.count))"
        case .cluster: "redis cluster"
        case .sentinel: "redis sentinel"
        }
    }

    /// Where the servers are, for people.
    var places: String {
        switch self {
        case .shards(let shards): shards.map(\.address.description).joined(separator: ", ")
        case .cluster(let seeds): seeds.map(\.description).joined(separator: ", ")
        case .sentinel(let sentinels, let master, _):
            "\(master) by " + sentinels.map(\.description).joined(separator: ", ")
        }
    }
}
