// Picks the reads that are counted for `top`; a value, used on one event loop.

import CacheEngine

/// Takes every read while there are few, and one in so many when there are many: as many a second
/// as cost nothing that could be felt, whatever the load.
///
/// How far it is to the next one is left to chance, so that no rhythm of the callers hides a key.
struct ReadSampler {
    /// From so many samples a second on they become rarer, and below half of that denser again.
    static let samplesPerSecond = 1_024
    /// The rarest: after a burst it must not take long until one comes.
    static let longestStride: UInt32 = 256
    private static let second: Int64 = 1_000_000_000

    private var readsToGo: UInt32 = 1
    /// One read in so many is taken, in the mean.
    private var stride: UInt32 = 1
    /// What was taken since when.
    private var taken = 0
    private var since = Timestamp(nanoseconds: 0)
    private var random: UInt64

    /// A sampler with a seed of its own.
    init(seed: UInt64) { random = seed | 1 }

    /// For how many reads this one is to be counted; 0: not at all, as most.
    @inline(__always)
    mutating func weight(now: Timestamp) -> UInt32 {
        readsToGo &-= 1
        return readsToGo > 0 ? 0 : take(now: now)
    }

    @inline(never)
    private mutating func take(now: Timestamp) -> UInt32 {
        let weight = stride
        adapt(now: now)
        // Between 1 and twice the stride less one: the stride in the mean.
        readsToGo = 1 + UInt32(truncatingIfNeeded: nextRandom() >> 33) % (2 * stride - 1)
        return weight
    }

    private mutating func adapt(now: Timestamp) {
        taken += 1
        if now.nanoseconds - since.nanoseconds >= Self.second {
            if taken < Self.samplesPerSecond / 2 { stride = max(1, stride / 2) }
        } else if taken >= Self.samplesPerSecond {
            stride = min(Self.longestStride, stride * 2)
        } else {
            return
        }
        taken = 0
        since = now
    }

    /// Marsaglia, "Xorshift RNGs", 2003: chance enough for a sample.
    private mutating func nextRandom() -> UInt64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return random
    }
}
