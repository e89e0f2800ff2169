// How a pool of Redis servers is reached; values, any thread.

package import TLS

/// Where a server listens.
package enum RedisAddress: Hashable, Sendable {
    /// A host's name or address, and a port.
    case tcp(host: String, port: Int)
    /// A socket in the file system.
    case unix(path: String)
}

/// Who we are to a server.
package struct RedisCredentials: Hashable, Sendable {
    /// The ACL user; nil: the default user.
    package var username: String?
    /// The password. Never logged.
    package var password: String

    /// Credentials.
    package init(username: String? = nil, password: String) {
        self.username = username
        self.password = password
    }
}

/// One of several independent servers.
package struct RedisShardConfiguration: Hashable, Sendable {
    /// Its name: what rendezvous hashing places partitions by, so that a server may move.
    package var name: String
    /// Where it listens.
    package var address: RedisAddress
    /// Its share of the partitions, beside the others'; 1 or more.
    package var weight: Int

    /// A shard.
    package init(name: String, address: RedisAddress, weight: Int = 1) {
        self.name = name
        self.address = address
        self.weight = weight
    }
}

/// How the servers of a pool stand to each other.
package enum RedisTopology: Hashable, Sendable {
    /// Independent servers, one or more, over which the partitions are spread.
    case shards([RedisShardConfiguration])
    /// Redis Cluster, with some of its nodes.
    case cluster(seeds: [RedisAddress])
    /// A master that the Sentinels watch.
    case sentinel(sentinels: [RedisAddress], masterName: String, credentials: RedisCredentials?)
}

/// Everything a pool needs to know.
package struct RedisConfiguration: Sendable {
    /// The pool's name, for logs, Stats and namespaces.
    package var name: String
    /// How its servers stand to each other.
    package var topology: RedisTopology
    /// Who we are to its servers; nil: nobody asks.
    package var credentials: RedisCredentials?
    /// The database that is selected; 0 in a cluster.
    package var database = 0
    /// How TLS is spoken; nil: not at all.
    package var tls: TLSClientConfiguration?
    /// The name that certificates must be for; nil: the address's host.
    package var tlsServerName: String?
    /// What the keys of the deployment begin with; no braces.
    package var keyPrefix = "cm:"
    /// The longest that connecting, TLS and the greeting take together.
    package var connectTimeout: Duration = .seconds(5)
    /// The longest that a command takes.
    package var commandTimeout: Duration = .seconds(5)
    /// The most connections of the process to the pool's servers, subscribers apart.
    package var maxConnections = 1_024

    /// A configuration with the defaults.
    package init(name: String = "default", topology: RedisTopology) {
        self.name = name
        self.topology = topology
    }
}
