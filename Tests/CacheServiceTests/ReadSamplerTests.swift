// Tests which reads are taken for the counts of what is used most.

import CacheEngine
import Testing

@testable import CacheService

@Suite struct ReadSamplerTests {
    /// Reads at a steady rate; answers how many were taken, and what they stand for.
    private func run(
        _ sampler: inout ReadSampler, perSecond: Int, seconds: Int, from start: Int = 1
    ) -> (taken: Int, weights: UInt64) {
        var result = (taken: 0, weights: UInt64(0))
        let step = 1_000_000_000 / perSecond
        for read in 0..<perSecond * seconds {
            let now = Int64(start) * 1_000_000_000 + Int64(read * step)
            let weight = sampler.weight(now: Timestamp(nanoseconds: now))
            result.taken += weight > 0 ? 1 : 0
            result.weights += UInt64(weight)
        }
        return result
    }

    @Test("every read is taken while there are few")
    func few() {
        var sampler = ReadSampler(seed: 1)
        let result = run(&sampler, perSecond: 500, seconds: 20)
        #expect(result.taken == 10_000 && result.weights == 10_000)
    }

    @Test("few of many reads are taken, and together they stand for all")
    func many() {
        var sampler = ReadSampler(seed: 2)
        let result = run(&sampler, perSecond: 1_000_000, seconds: 5)
        #expect(result.taken < 30_000)
        #expect(abs(Double(result.weights) / 5e6 - 1) < 0.05)
    }

    @Test("after a burst every read is taken again before long")
    func afterBurst() {
        var sampler = ReadSampler(seed: 3)
        _ = run(&sampler, perSecond: 1_000_000, seconds: 2)
        _ = run(&sampler, perSecond: 100, seconds: 30, from: 3)
        let result = run(&sampler, perSecond: 100, seconds: 10, from: 33)
        #expect(result.taken == 1_000)
    }

    @Test("a key that is read in a steady rhythm is seen as often as it is read")
    func rhythm() {
        for period in [2, 8, 64, 128, 256] {
            var sampler = ReadSampler(seed: UInt64(period))
            var weights = [UInt64](repeating: 0, count: period)
            for read in 0..<2_000_000 {
                let now = Timestamp(nanoseconds: 1_000_000_000 + Int64(read) * 1_000)
                weights[read % period] += UInt64(sampler.weight(now: now))
            }
            let expected = 2_000_000.0 / Double(period)
            for weight in weights { #expect(abs(Double(weight) / expected - 1) < 0.6) }
        }
    }
}
