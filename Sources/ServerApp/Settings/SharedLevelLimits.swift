// Owns the checks of the settings of Redis against each other; pure functions.

import CacheEngine
import CacheService
import RedisClient

/// Collects what is wrong, and what does nothing, with values that are each allowed.
enum SharedLevelLimits {
    /// The settings that mean something only beside Redis.
    private static let keys = [
        "redis_password", "redis_key_prefix", "redis_max_connections", "redis_timeout",
        "redis_connect_timeout", "redis_history", "l1_ttl", "max_staleness",
        "write_behind_max_bytes",
    ]
    private static let namespaceKeys = [
        "l1", "l1_ttl", "l2_writes", "on_l2_failure", "read_from", "events", "pool",
    ]

    /// What is wrong, in the order of the settings.
    static func problems(
        _ values: Settings, _ sources: [String: SettingSource]
    ) -> [SettingsProblem] {
        var problems: [SettingsProblem] = []
        func report(_ setting: String, _ value: String, _ advice: String) {
            problems.append(
                SettingsProblem(
                    setting: setting, value: value, source: sources[setting] ?? .builtIn,
                    advice: advice))
        }
        if !values.l1Enabled && !values.hasSharedLevel {
            report(
                "l1_enabled", "false",
                values.redisURL == nil
                    ? "needs redis_url beside it: nothing could be stored anywhere"
                    : "needs l2_enabled: true beside it: nothing could be stored anywhere")
        }
        let needed = values.maxValueBytes + SettingsTable.valueOverheadBytes
        if values.usesWriteBehind && values.writeBehindMaxBytes < needed {
            report(
                "write_behind_max_bytes", SizeNotation.format(values.writeBehindMaxBytes),
                "allowed: at least max_value_bytes and "
                    + SizeNotation.format(SettingsTable.valueOverheadBytes)
                    + " for key, tags and metadata (\(SizeNotation.format(needed)))")
        }
        let pools = values.redisPools.sorted { $0.key < $1.key }
        var seen = values.redisURL.map { [("redis_url", $0)] } ?? []
        for (name, url) in pools {
            let setting = "\(SettingsTable.poolsKey).\(name)"
            if values.redisURL == nil {
                report(setting, url.description, "needs redis_url beside it, the pool default")
            }
            if let other = seen.first(where: { $0.1.sharesKeys(with: url) }) {
                report(
                    setting, url.description,
                    "has a server and database of \(other.0); a pool needs its own")
            }
            seen.append((setting, url))
        }
        if let needed = values.fewestConnections, values.redisMaxConnections < needed {
            report(
                "redis_max_connections", String(values.redisMaxConnections),
                "allowed: at least one for each of the threads and servers (\(needed)); fewer"
                    + " threads need fewer")
        }
        let known = [Settings.defaultPool] + pools.map(\.key)
        for (name, namespace) in values.namespaces.sorted(by: { $0.key < $1.key })
        where !known.contains(namespace.pool) {
            report(
                "\(SettingsTable.namespacesKey).\(name).pool", namespace.pool,
                "no such pool" + NearestName.suggestion(for: namespace.pool, among: known)
                    + "; allowed: \(known.joined(separator: ", "))")
        }
        return problems
    }

    /// What does nothing, or not what it seems to do, one sentence each.
    static func warnings(_ values: Settings, _ sources: [String: SettingSource]) -> [String] {
        var warnings: [String] = []
        if !values.hasSharedLevel {
            let reason = values.redisURL == nil ? "without redis_url" : "while l2_enabled is false"
            for key in keys where sources[key] != nil {
                warnings.append("\(key) does nothing \(reason)")
            }
        }
        for (name, namespace) in values.namespaces.sorted(by: { $0.key < $1.key }) {
            let prefix = "\(SettingsTable.namespacesKey).\(name)."
            let given = namespaceKeys.filter { sources[prefix + $0] != nil }
            guard values.hasSharedLevel else {
                let reason = values.redisURL == nil ? "without Redis" : "while l2_enabled is false"
                warnings += given.map { "\(prefix)\($0) does nothing \(reason)" }
                continue
            }
            let hasMemory = namespace.isInMemory && values.l1Enabled
            if !hasMemory && namespace.lifetime.adaptsToUse {
                warnings.append(
                    "\(prefix)adaptive_ttl does nothing: uses are counted in memory, where its"
                        + " entries are not kept")
            }
            if !hasMemory && given.contains("l1_ttl") {
                warnings.append("\(prefix)l1_ttl does nothing: its entries are not kept in memory")
            }
            if !hasMemory && namespace.onSharedFailure == .serveL1 {
                warnings.append(
                    "\(prefix)on_l2_failure: serve_l1 has nothing to serve: its entries are not"
                        + " kept in memory")
            }
        }
        return warnings
    }
}

extension Settings {
    /// The connections to the largest pool, if every event loop has one to each of the servers
    /// that the settings name; nil without Redis.
    var fewestConnections: Int? {
        guard hasSharedLevel else { return nil }
        let servers = ([redisURL].compactMap(\.self) + redisPools.values).map { url in
            switch url.topology {
            case .shards(let shards): shards.count
            case .cluster, .sentinel: 1  // the servers tell how many there are
            }
        }
        return servers.max().map { $0 * threads }
    }

    /// Whether writes may wait in memory for Redis.
    var usesWriteBehind: Bool {
        namespaces.values.contains {
            $0.sharedWrites == .async || $0.onSharedFailure == .serveL1
        }
    }
}
