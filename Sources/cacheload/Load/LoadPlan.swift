// What load is to be made; a value.

import CacheManagerClient

/// How many calls of which kind, to which keys, for how long.
struct LoadPlan: Equatable, Sendable {
    var connections: Int
    /// Calls at once on each connection.
    var streams: Int
    /// Calls per second, all together; nil: as many as are answered.
    var rate: Double?
    var duration: Duration
    var keys: Int
    var valueBytes: Int
    /// The share of reads, 0 to 1.
    var reads: Double
    /// Zipf's exponent.
    var zipf: Double
    var ttl: TimeToLive
    var prefix: String
    /// Whether every key is written first.
    var isFilled: Bool

    var workers: Int { connections * streams }

    /// A key's name. The size is part of it, so that runs with other sizes do not meet.
    func key(_ index: Int) -> String { "\(prefix)\(valueBytes):\(index)" }

    /// The entry of a key.
    func entry(_ index: Int) -> NewEntry {
        NewEntry(key: key(index), value: LoadValue.make(index, bytes: valueBytes), ttl: ttl)
    }

    /// When a worker sends its calls.
    func pacer(worker: Int, start: ContinuousClock.Instant) -> Pacer {
        guard let rate else { return Pacer(start: start, interval: nil) }
        return Pacer(
            start: start + .seconds(Double(worker) / rate),
            interval: .seconds(Double(workers) / rate))
    }
}
