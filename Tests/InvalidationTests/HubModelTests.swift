// Many hubs, writers and subscribers at random, held against a model that forgets nothing.

import Testing

@testable import Invalidation

@Suite("Hubs under random load")
struct HubModelTests {
    @Test(
        "lose nothing and repeat nothing, however their subscribers come and go", arguments: 1...20)
    func everything(seed: UInt64) throws {
        var model = HubModel(
            seed: seed,
            log: InvalidationLog(
                epoch: 7, eventsPerPartition: 18, feedCount: 3, feedCapacity: 60))
        try model.run(steps: 2_000)
        #expect(model.resets[.historyLost, default: 0] > 0)
        #expect(model.resets[.slowConsumer, default: 0] > 0)
        #expect(model.resets[.epochChanged, default: 0] > 0)
        #expect(model.eventsChecked > 500)
        #expect(model.resumed > 10)
    }

    @Test("do so behind a shared log, wherever its partitions go on", arguments: 31...50)
    func shared(seed: UInt64) throws {
        var model = HubModel(
            seed: seed,
            log: InvalidationLog(
                pools: 2, eventsPerPartition: 18, feedCount: 3, feedCapacity: 60))
        try model.run(steps: 2_000)
        #expect(model.resets[.historyLost, default: 0] > 0)
        #expect(model.resets[.epochChanged, default: 0] > 10)
        #expect(model.eventsChecked > 500)
    }

    @Test("reset nobody behind a shared log that goes on", arguments: 51...55)
    func sharedWithoutResets(seed: UInt64) throws {
        var model = HubModel(
            seed: seed,
            log: InvalidationLog(
                pools: 2, eventsPerPartition: 100_000, feedCount: 3, feedCapacity: 60))
        model.isGentle = true
        try model.run(steps: 2_000)
        #expect(model.resets.isEmpty)
        #expect(model.eventsChecked > 2_000)
        #expect(model.resumed > 15)
    }

    @Test("never reset anyone who is fast while the log remembers", arguments: 21...30)
    func noResets(seed: UInt64) throws {
        var model = HubModel(
            seed: seed,
            log: InvalidationLog(
                epoch: 7, eventsPerPartition: 100_000, feedCount: 3, feedCapacity: 60))
        model.isGentle = true
        try model.run(steps: 2_000)
        #expect(model.resets.isEmpty)
        #expect(model.eventsChecked > 2_000)
        #expect(model.resumed > 15)
    }
}
