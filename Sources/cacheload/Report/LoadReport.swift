// What a run came to, as a table or as JSON; a value.

import CacheManagerClient
import Console

/// The result of a run.
struct LoadReport: Encodable, Equatable, Sendable {
    /// Quantiles of the answered calls.
    struct Latency: Encodable, Equatable, Sendable {
        var p50, p90, p99, p999, max: Int64
    }

    var seconds: Double
    var connections, streams: Int
    /// What was asked for; nil in a closed loop.
    var rate: Double?
    /// All of them; the failed ones are in `errors`.
    var calls: Int
    /// Of answered calls: a dead server refuses fast.
    var callsPerSecond: Double
    var reads, writes, hits, misses: Int
    var hitRate: Double
    var notStored, wrongValues, unsent: Int
    var errors: [String: Int]
    var latencyNanoseconds: Latency

    init(plan: LoadPlan, elapsed: Duration, _ tally: Tally) {
        seconds = elapsed / .seconds(1)
        connections = plan.connections
        streams = plan.streams
        rate = plan.rate
        calls = tally.answered + tally.failed
        callsPerSecond = seconds > 0 ? Double(tally.answered) / seconds : 0
        reads = tally.reads
        writes = tally.writes
        hits = tally.hits
        misses = tally.misses
        hitRate = tally.reads == 0 ? 0 : Double(tally.hits) / Double(tally.reads)
        notStored = tally.notStored
        wrongValues = tally.wrongValues
        unsent = tally.unsent
        errors = Dictionary(uniqueKeysWithValues: tally.errors.map { ($0.rawValue, $1) })
        func nanoseconds(_ span: Duration) -> Int64 { Int64(span / .nanoseconds(1)) }
        latencyNanoseconds = Latency(
            p50: nanoseconds(tally.latency(atPercentile: 50)),
            p90: nanoseconds(tally.latency(atPercentile: 90)),
            p99: nanoseconds(tally.latency(atPercentile: 99)),
            p999: nanoseconds(tally.latency(atPercentile: 99.9)),
            max: nanoseconds(tally.maxLatency))
    }
}

extension LoadReport: Answer {
    var text: String {
        let share = reads == 0 ? "-" : "\(Digits.three(hitRate * 100)) %"
        var table = Table([], leftColumns: [0])
        table.add(["seconds", Digits.three(seconds)])
        table.add(["calls", Digits.count(UInt64(calls))])
        table.add(["calls/s", Digits.count(UInt64(callsPerSecond))])
        table.add(["reads", Digits.count(UInt64(reads))])
        table.add(["hit rate", share])
        table.add(["writes", Digits.count(UInt64(writes))])
        table.add(["not stored", Digits.count(UInt64(notStored))])
        table.add(["wrong values", Digits.count(UInt64(wrongValues))])
        if unsent > 0 { table.add(["not sent in time", Digits.count(UInt64(unsent))]) }
        for (code, count) in errors.sorted(by: { $0.key < $1.key }) {
            table.add([code, Digits.count(UInt64(count))])
        }
        let latency = latencyNanoseconds
        let spans = [
            ("p50", latency.p50), ("p90", latency.p90), ("p99", latency.p99),
            ("p99.9", latency.p999), ("max", latency.max),
        ]
        for (name, span) in spans {
            table.add(["latency \(name)", Digits.span(.nanoseconds(span))])
        }
        return table.lines.joined(separator: "\n")
    }

    /// A line about the run so far; `before` is how many calls the last line knew.
    static func progress(second: Int, _ tally: Tally, since before: Int) -> String {
        let count = Digits.count(UInt64(max(0, tally.answered - before)))
        let p99 = Digits.span(tally.latency(atPercentile: 99))
        return "\(second) s  \(count) calls/s  p99 \(p99)  \(tally.failed) errors"
    }
}
