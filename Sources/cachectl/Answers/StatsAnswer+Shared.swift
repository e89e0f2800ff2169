// The shared level inside what `stats` answers, as text of at most 80 columns; pure functions.

import CacheManagerClient
import Console

extension StatsAnswer {
    /// What is behind the instance; nothing where it runs alone.
    var sharedSections: [[String]] {
        var sections: [[String]] = []
        if let shared = stats.shared { sections.append(["SHARED LEVEL"] + sharedLines(shared)) }
        if let walks = stats.shared?.walks, !walks.isEmpty { sections.append(walkLines(walks)) }
        guard !stats.shards.isEmpty else { return sections }
        sections.append(shardLines)
        if stats.shards.contains(where: { $0.address != $0.name }) {
            sections.append(addressLines)
        }
        sections.append(commandLines)
        if stats.shards.contains(where: { $0.redis != nil }) {
            sections.append(serverLines)
            sections.append(memoryLines)
        }
        return sections
    }

    private func sharedLines(_ shared: CacheStats.Shared) -> [String] {
        var lines = shared.clusters.map { clusterLine($0) }
        if let queue = shared.writeBehind {
            let age = queue.oldestAge.map { ", the oldest for \(Digits.age($0))" } ?? ""
            let waiting =
                "\(Digits.count(queue.entries)) waiting, \(Digits.size(bytes: queue.bytes)) of "
                + "\(Digits.size(bytes: queue.maxBytes))\(age)"
            lines.append("writes to be sent: " + paint(waiting, .warning, queue.entries > 0))
            lines.append(
                "  \(Digits.count(queue.flushed)) sent, \(Digits.count(queue.failed)) attempts "
                    + "failed, \(Digits.count(queue.dropped)) expired before")
        }
        if let feed = shared.feed {
            lines.append(
                "invalidations: \(Digits.count(feed.events)) heard, "
                    + "\(Digits.count(feed.gapsRepaired)) gaps repaired, "
                    + "\(Digits.count(feed.resets)) resets")
            if feed.duplicates + feed.malformed > 0 {
                lines.append(
                    "  \(Digits.count(feed.duplicates)) came twice, "
                        + "\(Digits.count(feed.malformed)) could not be read")
            }
        }
        if shared.foreignEntries > 0 {
            let count = "\(Digits.count(shared.foreignEntries)) found under keys of the cache"
            lines.append("foreign values: " + paint(count, .warning, true))
        }
        return lines
    }

    private func clusterLine(_ cluster: CacheStats.Cluster) -> String {
        let state = paint(PlainText.line(cluster.state), .problem, cluster.state != "ok")
        let nodes = "\(cluster.healthyNodes) of \(cluster.knownNodes) nodes healthy"
        let slots = "\(cluster.slotsOk) of \(cluster.slotsTotal) slots served"
        return "cluster \(PlainText.line(cluster.pool)): \(state), "
            + paint(nodes, .warning, cluster.healthyNodes < cluster.knownNodes) + ", "
            + paint(slots, .problem, cluster.slotsOk < cluster.slotsTotal)
    }

    private func walkLines(_ walks: [CacheStats.Walk]) -> [String] {
        var table = Table(["INVALIDATION", "LOOKED AT", "OF ABOUT", "REMOVED", "SINCE"])
        for walk in walks {
            table.add([
                PlainText.line(walk.kind), Digits.count(walk.scanned),
                walk.total == 0 ? "-" : Digits.count(walk.total), Digits.count(walk.removed),
                walk.startedAt.map(\.millisecondsText) ?? "-",
            ])
        }
        return table.lines
    }

    private var shardLines: [String] {
        var table = Table(
            ["SHARD", "STATE", "ROLE", "BREAKER", "FEED", "PARTS", "IN FLIGHT"],
            leftColumns: [0, 1, 2, 3, 4])
        for shard in stats.shards {
            table.add([
                Table.Cell(name(of: shard)), cell(shard.state, good: "up", waiting: "connecting"),
                cell(shard.role, good: "master", waiting: "replica"),
                cell(shard.breaker, good: "closed", waiting: "half_open"),
                cell(shard.feed, good: "live", waiting: "connecting"),
                Table.Cell(String(shard.partitions)), Table.Cell(Digits.count(shard.inFlight)),
            ])
        }
        return table.lines(in: style)
    }

    /// Where they are, for names that do not say it: a cluster's are numbers of its own.
    private var addressLines: [String] {
        var table = Table(["SHARD", "ADDRESS"], leftColumns: [0, 1])
        for shard in stats.shards {
            let address = shard.address.isEmpty ? "-" : PlainText.line(shard.address)
            table.add([Table.Cell(name(of: shard)), Table.Cell(address)])
        }
        return table.lines(in: style)
    }

    private var commandLines: [String] {
        var table = Table([
            "SHARD", "COMMANDS", "ERRORS", "P50", "P99", "MAX", "SENT", "RECEIVED",
        ])
        for shard in stats.shards {
            let spans = [shard.latency?.p50, shard.latency?.p99, shard.latency?.max]
            let counts = [Digits.count(shard.commands), Digits.count(shard.errors)]
            let sizes = [shard.bytesSent, shard.bytesReceived].map { Digits.size(bytes: $0) }
            table.add([name(of: shard)] + counts + spans.map { $0.map(Digits.span) ?? "-" } + sizes)
        }
        return table.lines
    }

    private var serverLines: [String] {
        var table = Table([
            "SHARD", "REDIS", "UPTIME", "CLIENTS", "FOUND", "MISSED", "EVICTED", "EXPIRED",
        ])
        for shard in stats.shards {
            guard let redis = shard.redis else { continue }
            let counts = [
                redis.connectedClients, redis.keyspaceHits, redis.keyspaceMisses,
                redis.evictedKeys, redis.expiredKeys,
            ]
            table.add(
                [
                    name(of: shard), PlainText.line(redis.version),
                    redis.uptime.map(Digits.age) ?? "-",
                ] + counts.map(Digits.count))
        }
        return table.lines
    }

    private var memoryLines: [String] {
        var table = Table(
            ["SHARD", "MEMORY", "PEAK", "LIMIT", "FRAG", "AT THE LIMIT"], leftColumns: [0, 5])
        for shard in stats.shards {
            guard let redis = shard.redis else { continue }
            table.add([
                name(of: shard), Digits.size(bytes: redis.usedMemory),
                Digits.size(bytes: redis.usedMemoryPeak),
                redis.maxmemory == 0 ? "none" : Digits.size(bytes: redis.maxmemory),
                Digits.three(redis.memFragmentationRatio), PlainText.line(redis.maxmemoryPolicy),
            ])
        }
        return table.lines
    }

    /// With its pool, where there are several.
    private func name(of shard: CacheStats.Shard) -> String {
        let hasPools = Set(stats.shards.map(\.pool)).count > 1
        return PlainText.line(hasPools ? "\(shard.pool)/\(shard.name)" : shard.name)
    }

    private func cell(_ text: String, good: String, waiting: String) -> Table.Cell {
        if text.isEmpty { return Table.Cell("-") }
        let tint: Tint = text == good ? .none : text == waiting ? .warning : .problem
        return Table.Cell(PlainText.line(text), tint)
    }

    private func paint(_ text: String, _ tint: Tint, _ isMeant: Bool) -> String {
        isMeant ? style.paint(text, tint) : text
    }
}
