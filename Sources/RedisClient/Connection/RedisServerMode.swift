// What kind of server one is, by its own words in HELLO; a value, any thread.

/// How a Redis server is run.
package enum RedisServerMode: String, Hashable, Sendable {
    /// A server of its own, or a replica of one.
    case standalone
    /// A node of a Redis Cluster.
    case cluster
    /// A Sentinel.
    case sentinel

    /// Whether a server that says `other` cannot serve where this mode is wanted. A proxy before a
    /// cluster may call itself standalone.
    func rules(out other: RedisServerMode) -> Bool {
        self != other && (self, other) != (.cluster, .standalone)
    }

    /// What it is, and how to name it in the settings.
    var advice: String {
        switch self {
        case .standalone: "is a plain Redis server: name it as redis://"
        case .cluster: "is a node of a Redis Cluster: name it as redis+cluster://"
        case .sentinel: "is a Sentinel: name it as redis+sentinel://, with the master's name"
        }
    }
}
