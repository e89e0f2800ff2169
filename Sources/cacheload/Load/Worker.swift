// One stream of calls, one after the other; one task.

import CacheManagerClient

/// Sends its calls when their times come, until the end.
struct Worker {
    /// What a closed loop waits after a failed call.
    private static let pauseAfterFailure = Duration.milliseconds(10)

    let plan: LoadPlan
    let zipf: ZipfTable
    let cache: CacheClient
    let tally: SharedTally
    let end: ContinuousClock.Instant
    private let clock = ContinuousClock()
    private var pacer: Pacer
    private var random: SplitMix

    init(
        number: Int, plan: LoadPlan, zipf: ZipfTable, cache: CacheClient, tally: SharedTally,
        start: ContinuousClock.Instant
    ) {
        self.plan = plan
        self.zipf = zipf
        self.cache = cache
        self.tally = tally
        end = start + plan.duration
        pacer = plan.pacer(worker: number, start: start)
        var seeds = SplitMix(seed: UInt64(number))
        random = SplitMix(seed: seeds.next())
    }

    /// Runs to the end, or until the task is cancelled.
    mutating func run() async {
        while !Task.isCancelled {
            let now = clock.now
            if now >= end { break }
            var later = pacer
            let intended = later.next(now: now)
            if intended >= end { return }
            if intended > now {
                do {
                    try await clock.sleep(until: intended, tolerance: .zero)
                } catch {
                    return  // cancelled: what was measured is all there is
                }
            }
            pacer = later
            guard let outcome = await call() else { return }
            tally.count(outcome, took: clock.now - intended)
            if case .failed = outcome, plan.rate == nil {
                // A server that is gone refuses at once: asking again without end helps nobody.
                try? await clock.sleep(for: Self.pauseAfterFailure)
            }
        }
        if !Task.isCancelled { tally.countUnsent(pacer.missed(before: end)) }
    }

    /// Makes one call; nil when it was cut off by the end of the program.
    private mutating func call() async -> Tally.Outcome? {
        let index = zipf.rank(random.fraction())
        do throws(CacheError) {
            if random.fraction() < plan.reads {
                guard let entry = try await cache.get(plan.key(index)) else { return .miss }
                return .hit(isRight: entry.value == LoadValue.make(index, bytes: plan.valueBytes))
            }
            return .written(isStored: try await cache.set(plan.entry(index)).isStored)
        } catch {
            return Task.isCancelled ? nil : .failed(error.code)
        }
    }
}
