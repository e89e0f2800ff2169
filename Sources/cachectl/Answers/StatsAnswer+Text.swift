// What `stats` answers, as tables of at most 80 columns; pure functions.

import CacheManagerClient
import Console

extension StatsAnswer: Answer {
    var text: String {
        var sections = [instanceLines, ["TOTAL"] + stats.totals.lines]
        if !stats.instance.rejectedConnections.isEmpty { sections.append(rejectionLines) }
        if !stats.namespaces.isEmpty { sections.append(namespaceLines) }
        if !evictions.isEmpty { sections.append(evictionLines) }
        if stats.latencies.contains(where: { $0.count > 0 }) { sections.append(latencyLines) }
        return (sections + sharedSections).map { $0.joined(separator: "\n") }.joined(
            separator: "\n\n")
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
        ] + compressionLines
    }

    /// Nothing where no value was large enough.
    private var compressionLines: [String] {
        let compression = stats.compression
        guard compression.compressed + compression.leftPlain > 0 else { return [] }
        return [
            """
            values: \(Digits.count(compression.compressed)) compressed, \
            \(Digits.size(bytes: compression.bytesBefore)) to \
            \(Digits.size(bytes: compression.bytesAfter)); \
            \(Digits.count(compression.leftPlain)) not worth it
            """
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
                PlainText.line(namespace.namespace), Digits.count(counters.l1Size),
                Digits.size(bytes: counters.l1Bytes), Digits.count(counters.hits),
                Digits.count(counters.misses), counters.hitRateText, Digits.count(counters.sets),
                Digits.count(counters.evictions),
            ])
        }
        return table.lines
    }

    /// Those of all namespaces, or of the one that was asked for.
    private var evictions: [CacheStats.Evictions] {
        stats.evictions.isEmpty ? stats.namespaces.flatMap(\.evictions) : stats.evictions
    }

    private var evictionLines: [String] {
        var table = Table(["EVICTED BY", "REASON", "COUNT"], leftColumns: [0, 1])
        for evictions in evictions {
            let policy = evictions.policy.isEmpty ? "-" : evictions.policy
            table.add([
                PlainText.line(policy), PlainText.line(evictions.reason),
                Digits.count(evictions.count),
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
}
