// What `stats` answers, as tables of at most 80 columns; pure functions.

import CacheManagerClient
import Console

extension StatsAnswer: Answer {
    /// The longest name in the namespaces' table; the rest is cut off.
    private static let nameColumns = 20

    var text: String {
        var sections = [instanceLines, ["TOTAL"] + stats.totals.lines]
        if !stats.instance.rejectedConnections.isEmpty { sections.append(rejectionLines) }
        if !stats.namespaces.isEmpty { sections.append(namespaceLines) }
        if stats.latencies.contains(where: { $0.count > 0 }) { sections.append(latencyLines) }
        if !stats.shards.isEmpty { sections.append(shardLines) }
        return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var instanceLines: [String] {
        let instance = stats.instance
        let since = instance.startedAt.map { ", since \($0.millisecondsText)" } ?? ""
        return [
            PlainText.line("cache-manager \(instance.version), \(instance.mode)\(since)"),
            """
            connections: \(instance.connections) open, \
            \(Digits.count(instance.rejectedConnections.reduce(0) { $0 &+ $1.count })) rejected; \
            watchers: \(instance.watchers), \(instance.resets) resets
            """,
            """
            events: \(Digits.count(instance.eventsDelivered)) sent, \
            \(Digits.count(instance.historyEvents)) in the history
            """,
        ]
    }

    private var rejectionLines: [String] {
        var table = Table(["CONNECTIONS REJECTED", "COUNT"])
        for rejections in stats.instance.rejectedConnections {
            table.add([PlainText.line(rejections.reason), Digits.count(rejections.count)])
        }
        return table.lines
    }

    private var namespaceLines: [String] {
        var table = Table([
            "NAMESPACE", "ENTRIES", "MEMORY", "HITS", "MISSES", "RATE", "SETS", "EVICTED",
        ])
        for namespace in stats.namespaces {
            let counters = namespace.counters
            table.add([
                Self.shortened(PlainText.line(namespace.namespace)), Digits.count(counters.l1Size),
                Digits.size(bytes: counters.l1Bytes), Digits.count(counters.hits),
                Digits.count(counters.misses), counters.hitRateText, Digits.count(counters.sets),
                Digits.count(counters.evictions),
            ])
        }
        return table.lines
    }

    private var latencyLines: [String] {
        var table = Table(["OPERATION", "MEASURED", "P50", "P90", "P99", "P99.9", "MAX"])
        for latency in stats.latencies where latency.count > 0 {
            let spans = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max]
            table.add(
                [PlainText.line(latency.operation), Digits.count(latency.count)]
                    + spans.map { $0.map(Digits.span) ?? "-" })
        }
        return table.lines
    }

    private var shardLines: [String] {
        var table = Table(["SHARD", "STATE", "BREAKER", "IN FLIGHT"], leftColumns: [0, 1, 2])
        for shard in stats.shards {
            table.add([
                PlainText.line(shard.name), PlainText.line(shard.state),
                PlainText.line(shard.breaker), String(shard.inFlight),
            ])
        }
        return table.lines
    }

    private static func shortened(_ name: String) -> String {
        name.count > nameColumns ? name.prefix(nameColumns - 1) + "…" : name
    }
}
