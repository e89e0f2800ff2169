// The measurement: workers, progress, the end; one task that starts the others.

import CacheManagerClient
import Console

/// One run of a plan.
struct LoadRun {
    /// The most tallies; more workers share one.
    private static let mostTallies = 16
    private static let progressInterval = Duration.seconds(1)

    private let plan: LoadPlan
    private let clients: [CacheClient]
    private let zipf: ZipfTable

    init(plan: LoadPlan, clients: [CacheClient]) {
        self.plan = plan
        self.clients = clients
        zipf = ZipfTable(count: plan.keys, exponent: plan.zipf)
    }

    /// Runs to the end of the plan or to a signal; says once a second how it goes.
    func run(showing output: Output?) async -> LoadReport {
        let tallies = (0..<min(clients.count, Self.mostTallies)).map { _ in SharedTally() }
        let start = ContinuousClock.now
        let work = Task { await send(tallies, start: start) }
        let signals = EndSignals.handle { work.cancel() }
        let progress = output.map { output in
            Task { await show(tallies, on: output, start: start) }
        }
        await work.value
        let elapsed = ContinuousClock.now - start
        progress?.cancel()
        await progress?.value
        withExtendedLifetime(signals) {}
        return LoadReport(plan: plan, elapsed: elapsed, Self.sum(tallies))
    }

    private func send(_ tallies: [SharedTally], start: ContinuousClock.Instant) async {
        await withTaskGroup { group in
            for number in 0..<plan.workers {
                let place = number % clients.count
                var worker = Worker(
                    number: number, plan: plan, zipf: zipf, cache: clients[place],
                    tally: tallies[place % tallies.count], start: start)
                group.addTask { await worker.run() }
            }
        }
    }

    private func show(
        _ tallies: [SharedTally], on output: Output, start: ContinuousClock.Instant
    ) async {
        var before = 0
        for second in 1... {
            do {
                try await Task.sleep(
                    until: start + Self.progressInterval * second, clock: .continuous)
            } catch {
                return
            }
            let tally = Self.sum(tallies)
            output.say(LoadReport.progress(second: second, tally, since: before))
            before = tally.answered
        }
    }

    private static func sum(_ tallies: [SharedTally]) -> Tally {
        tallies.reduce(into: Tally()) { $0.add($1.value) }
    }
}
