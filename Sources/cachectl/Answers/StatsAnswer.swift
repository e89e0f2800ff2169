// What `stats` answers; a value.

import Messages

/// Statistics since the start of the instance.
struct StatsAnswer: Encodable, Equatable, Sendable {
    struct Namespace: Encodable, Equatable, Sendable {
        var namespace: String
        var counters: CountersAnswer
    }

    struct Latency: Encodable, Equatable, Sendable {
        var operation: String
        var count: UInt64
        var p50, p90, p99, p999, max: Interval?
    }

    struct Shard: Encodable, Equatable, Sendable {
        var name, state, breaker: String
        var inFlight: UInt64
    }

    struct Rejections: Encodable, Equatable, Sendable {
        var reason: String
        var count: UInt64
    }

    struct Instance: Encodable, Equatable, Sendable {
        var mode, version: String
        var startedAt: Moment?
        var connections, watchers, eventsDelivered, historyEvents, resets: UInt64
        var rejectedConnections: [Rejections]
    }

    var totals: CountersAnswer
    var namespaces: [Namespace]
    var latencies: [Latency]
    var shards: [Shard]
    var instance: Instance

    init(_ response: StatsResponse) {
        totals = CountersAnswer(response.totals ?? Counters())
        namespaces = response.namespaces.map {
            Namespace(
                namespace: $0.namespace.string,
                counters: CountersAnswer($0.counters ?? Counters()))
        }
        latencies = response.latencies.map {
            Latency(
                operation: $0.operation.string, count: $0.count, p50: $0.p50.map(Interval.init),
                p90: $0.p90.map(Interval.init), p99: $0.p99.map(Interval.init),
                p999: $0.p999.map(Interval.init), max: $0.max.map(Interval.init))
        }
        shards = response.shards.map {
            Shard(
                name: $0.name.string, state: $0.state.string, breaker: $0.breaker.string,
                inFlight: $0.inFlight)
        }
        let instance = response.instance ?? InstanceStats()
        self.instance = Instance(
            mode: instance.mode.string, version: instance.version.string,
            startedAt: instance.startedAt.map(Moment.init), connections: instance.connections,
            watchers: instance.watchers, eventsDelivered: instance.eventsDelivered,
            historyEvents: instance.historyEvents, resets: instance.resets,
            rejectedConnections: instance.rejectedConnections.map {
                Rejections(reason: $0.reason.string, count: $0.count)
            })
    }
}
