// What a server's INFO says; a value, any thread.

/// The fields of INFO (https://redis.io/commands/info) that operators look at; nil where the
/// server does not tell.
package struct RedisServerInfo: Hashable, Sendable {
    /// Every field by its name, of all sections.
    private let fields: [Substring: Substring]

    /// Reads lines of `name:value`; other lines are headings.
    package init(_ text: String) {
        var fields: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...]
        }
        self.fields = fields
    }

    /// A field's text.
    package func text(_ name: String) -> String? { fields[name[...]].map(String.init) }

    /// A field's number.
    package func number(_ name: String) -> Int? { fields[name[...]].flatMap { Int($0) } }

    /// The server's version.
    package var version: String? { text("redis_version") }
    /// `standalone`, `cluster` or `sentinel`.
    package var mode: String? { text("redis_mode") }
    /// `master` or `slave`.
    package var role: String? { text("role") }
    /// Seconds since it started.
    package var uptimeSeconds: Int? { number("uptime_in_seconds") }
    /// Bytes of data.
    package var usedMemoryBytes: Int? { number("used_memory") }
    /// The most bytes of data there were.
    package var peakMemoryBytes: Int? { number("used_memory_peak") }
    /// The limit of data; 0: none.
    package var maxMemoryBytes: Int? { number("maxmemory") }
    /// What happens at the limit.
    package var maxMemoryPolicy: String? { text("maxmemory_policy") }
    /// Bytes of the process by bytes of data.
    package var fragmentationRatio: Double? {
        text("mem_fragmentation_ratio").flatMap(Double.init)
    }
    /// Connections open.
    package var connectedClients: Int? { number("connected_clients") }
    /// Connections taken since it started.
    package var connectionsReceived: Int? { number("total_connections_received") }
    /// Commands since it started.
    package var commandsProcessed: Int? { number("total_commands_processed") }
    /// Reads that found a key.
    package var keyspaceHits: Int? { number("keyspace_hits") }
    /// Reads that found none.
    package var keyspaceMisses: Int? { number("keyspace_misses") }
    /// Keys removed for room.
    package var evictedKeys: Int? { number("evicted_keys") }
    /// Keys removed because their time was up.
    package var expiredKeys: Int? { number("expired_keys") }

    /// Where the replicas listen that are connected, by the lines `slave0:ip=…,port=…,state=…`.
    package var replicas: [RedisAddress] {
        (0..<(number("connected_slaves") ?? 0)).compactMap { index in
            guard let line = text("slave\(index)") else { return nil }
            var parts: [Substring: Substring] = [:]
            for part in line.split(separator: ",") {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { parts[pair[0]] = pair[1] }
            }
            guard parts["state"] == "online", let host = parts["ip"],
                let port = parts["port"].flatMap({ Int($0) })
            else { return nil }
            return .tcp(host: String(host), port: port)
        }
    }
}
