// Where a pool's servers are, as an operator writes it; a value, any thread.

import TLS

/// One pool's servers, read from a URL:
///
///     redis://[user[:password]@]host[:port][/db][?name=a&weight=2]   several: independent shards
///     unix://[user:password@]/path[?db=1&name=a&weight=2]
///     redis+cluster://[user:password@]host[:port],host[:port]
///     redis+sentinel://[user:password@]host[:port],host[:port]/master[/db]
///
/// `rediss`, `rediss+cluster` and `rediss+sentinel` speak TLS, with the files of the options `ca`,
/// `certificate`, `key` and the name `server_name`. Passwords are percent-encoded.
package struct RedisURL: Hashable, Sendable {
    /// The port of a server whose URL names none.
    package static let defaultPort = 6_379
    /// The port of a Sentinel whose URL names none.
    package static let defaultSentinelPort = 26_379
    /// The longest text that is read, in bytes.
    package static let maxTextBytes = 16 << 10
    /// The most servers that a text may name.
    package static let maxServers = 256
    /// The largest share of one shard.
    package static let maxWeight = 1_000
    /// The highest number of a database.
    package static let maxDatabase = 65_535
    /// What is allowed, as the end of a sentence.
    package static let allowed = """
        redis://[user:password@]host:port/db, several with spaces between them for independent \
        shards, unix:///path, redis+cluster://host:port,host:port or \
        redis+sentinel://host:port,host:port/master; rediss:// for TLS
        """

    /// How the servers stand to each other.
    package internal(set) var topology: RedisTopology
    /// How one gets in: alike for all servers of a pool.
    var access = RedisAccess()

    /// Reads the text of a URL, or of several with white space between them.
    ///
    /// - Throws: `RedisURLError` with a sentence that repeats nothing of the text.
    package init(_ text: String) throws(RedisURLError) {
        self = try RedisURLParser().parse(text)
    }

    /// One server that asks for nothing.
    package init(_ address: RedisAddress) {
        let shard = RedisShardConfiguration(name: address.description, address: address)
        topology = .shards([shard])
    }

    /// A cluster with some of its nodes.
    package init(clusterSeeds: [RedisAddress]) {
        topology = .cluster(seeds: clusterSeeds)
    }

    init(topology: RedisTopology, access: RedisAccess) {
        self.topology = topology
        self.access = access
    }

    /// Whether the URL itself says what the password is.
    package var hasPassword: Bool { access.password != nil }

    /// The database that the URL names; nil when it names none.
    package var database: Int? { access.database }

    /// The same servers, with the database where the URL names none.
    package func selecting(database: Int) -> RedisURL {
        var url = self
        url.access.database = access.database ?? database
        return url
    }

    /// The same servers as the first known nodes of a Redis Cluster, or as far as they are
    /// given, `seeds`; nil where a cluster cannot be meant: with sockets, Sentinels or a
    /// database.
    package func clustered(seeds: [RedisAddress]? = nil) -> RedisURL? {
        guard access.database ?? 0 == 0 else { return nil }
        var access = access
        access.database = nil
        switch topology {
        case .cluster(let own):
            return RedisURL(topology: .cluster(seeds: seeds ?? own), access: access)
        case .sentinel: return nil
        case .shards(let shards):
            let own = shards.map(\.address)
            let hasSockets = own.contains { if case .unix = $0 { true } else { false } }
            if hasSockets && seeds == nil { return nil }
            return RedisURL(topology: .cluster(seeds: seeds ?? own), access: access)
        }
    }

    /// Whether both name a server with the same database: then their keys would be the same.
    package func sharesKeys(with other: RedisURL) -> Bool {
        guard database ?? 0 == other.database ?? 0 else { return false }
        if case .sentinel(_, let master, _) = topology,
            case .sentinel(_, let otherMaster, _) = other.topology, master != otherMaster
        {
            return false
        }
        return !addresses.isDisjoint(with: other.addresses)
    }

    private var addresses: Set<RedisAddress> {
        switch topology {
        case .shards(let shards): Set(shards.map(\.address))
        case .cluster(let seeds): Set(seeds)
        case .sentinel(let sentinels, _, _): Set(sentinels)
        }
    }

    /// The configuration of a pool, its limits as by default.
    ///
    /// - Parameter password: The password where the URL has none.
    package func configuration(
        name: String = "default", password: String? = nil
    ) -> RedisConfiguration {
        var configuration = RedisConfiguration(name: name, topology: topology)
        let password = access.password ?? password
        if access.username != nil || password != nil {
            configuration.credentials = RedisCredentials(
                username: access.username, password: password ?? "")
        }
        configuration.database = access.database ?? 0
        configuration.tls = access.tls?.client
        configuration.tlsServerName = access.tls?.serverName
        return configuration
    }
}

extension RedisAddress {
    /// Reads `host`, `host:port` or `[address]:port`.
    ///
    /// - Throws: `RedisURLError` with a sentence that repeats nothing of the text.
    package init(_ hostAndPort: String) throws(RedisURLError) {
        self = try RedisURLParser().address(hostAndPort[...], defaultPort: RedisURL.defaultPort)
    }
}

/// How one gets into a server.
struct RedisAccess: Hashable, Sendable {
    var username: String?
    var password: String?
    var database: Int?
    var tls: RedisTLSFiles?
}

/// What a URL says about TLS.
struct RedisTLSFiles: Hashable, Sendable {
    var authorities: String?
    var certificate: String?
    var key: String?
    var serverName: String?

    /// The same for the TLS room; Redis knows no application protocols.
    var client: TLSClientConfiguration {
        TLSClientConfiguration(
            caFile: authorities, certificateFile: certificate, keyFile: key,
            applicationProtocols: [])
    }
}

/// What is wrong with a URL; it repeats nothing of it, for there may be a password in it.
package struct RedisURLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do, as a part of a sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
