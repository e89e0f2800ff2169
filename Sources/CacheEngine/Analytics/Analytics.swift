// Owns what is known of the reads of all keys, approximately; any thread. Its lock is taken with no
// other one held.

import Locks

/// The hottest keys and the prefixes that are missed most, lately, in bounded memory: two sketches
/// of 64 KiB, and 512 names of at most 1 KiB for each.
///
/// It is told of samples, each with a weight, so that the lock is taken rarely.
final class Analytics: Sendable {
    private struct State {
        var hits = HeavyHitters()
        var misses = HeavyHitters()
        var window = FadingWindow()
        /// All that were counted, fading like the rest.
        var total = (hits: UInt64(0), misses: UInt64(0))

        mutating func fade(until now: Timestamp) {
            let steps = window.steps(until: now)
            guard steps > 0 else { return }
            hits.halve(steps)
            misses.halve(steps)
            total = (total.hits >> UInt64(steps), total.misses >> UInt64(steps))
        }
    }

    private let state = Locked(State())
    private let hasher: SipHash

    init(hasher: SipHash) { self.hasher = hasher }

    /// Counts a read that found an entry, and stands for `weight` of them.
    func hit(_ key: UnsafeRawBufferPointer, weight: UInt32, now: Timestamp) {
        let hash = hasher.hash(key)
        state.withLock { state in
            state.fade(until: now)
            state.total.hits &+= UInt64(weight)
            state.hits.add(key, hash: hash, weight: weight)
            for prefix in KeyPrefixes(key) {
                state.misses.addBesides(hasher.hash(prefix), weight: weight)
            }
        }
    }

    /// Counts a read that found none, and stands for `weight` of them.
    func miss(_ key: UnsafeRawBufferPointer, weight: UInt32, now: Timestamp) {
        state.withLock { state in
            state.fade(until: now)
            state.total.misses &+= UInt64(weight)
            for prefix in KeyPrefixes(key) {
                state.misses.add(prefix, hash: hasher.hash(prefix), weight: weight)
            }
        }
    }

    /// What is known now.
    func reading(now: Timestamp) -> AnalyticsReading {
        state.withLock { state in
            state.fade(until: now)
            return AnalyticsReading(
                hits: state.hits.candidates, misses: state.misses.candidates, total: state.total,
                seconds: state.window.seconds(until: now))
        }
    }
}

/// What the analytics held at one moment.
struct AnalyticsReading: Sendable {
    let hits: [HeavyHitters.Candidate]
    let misses: [HeavyHitters.Candidate]
    let total: (hits: UInt64, misses: UInt64)
    /// See ``FadingWindow/seconds``.
    let seconds: Double
}

extension AnalyticsReading {
    /// The hottest first.
    var hottestKeys: [TopReport.HotKey] {
        let reads = Double(max(1, total.hits &+ total.misses))
        return hits.sorted { $0.count > $1.count }.map { candidate in
            TopReport.HotKey(
                key: candidate.name ?? [], readsPerSecond: Double(candidate.count) / seconds,
                share: min(1, Double(candidate.count) / reads))
        }
    }

    /// The most missed first.
    var missedPrefixes: [TopReport.MissedPrefix] {
        let all = Double(max(1, total.misses))
        return misses.sorted { $0.count > $1.count }.map { candidate in
            let count = Double(candidate.count)
            return TopReport.MissedPrefix(
                prefix: candidate.name ?? [], missesPerSecond: count / seconds,
                missRate: count / (count + Double(candidate.besides)),
                share: min(1, count / all))
        }
    }
}
