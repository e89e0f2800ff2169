// Many entries at once against a live server: divided, asked again, in order.

import CacheService
import Testing

@testable import CacheManagerClient

@Suite struct BatchTests {
    @Test("more keys than a server takes at once are divided, and answered in their order")
    func divided() async throws {
        try await LiveServer.run { _, cache in
            let entries = (0..<2_500).map { NewEntry(key: "k:\($0)", value: [UInt8($0 & 0xFF)]) }
            let stored = try await cache.set(all: entries)
            #expect(stored.map(\.key) == entries.map(\.key))
            #expect(try stored.allSatisfy { try $0.get().isStored })
            let read = try await cache.get(all: entries.map(\.key) + ["nope"])
            #expect(try read.dropLast().map { try $0.get()?.value } == entries.map(\.value))
            #expect(try read.last?.get() == .some(nil))
            let gone = try await cache.delete(all: entries.map(\.key))
            #expect(gone.count == 2_500)
            #expect(try gone.allSatisfy { try $0.get().isDeleted })
        }
    }

    @Test("a server that takes fewer is asked for fewer")
    func shrinks() async throws {
        var limits = ServiceLimits()
        limits.batchKeys = 7
        try await LiveServer.run(limits: limits) { _, cache in
            let keys = (0..<50).map { "k:\($0)" }
            let stored = try await cache.set(all: keys.map { NewEntry(key: $0, value: [1]) })
            #expect(stored.count == 50)
            let read = try await cache.get(all: keys)
            #expect(try read.allSatisfy { try $0.get() != nil })
            let outcome = try await cache.invalidate(.keys(keys))
            #expect(outcome.invalidated == 50 && outcome.isComplete)
            #expect(!outcome.position.bytes.isEmpty)
        }
    }

    @Test("values that do not fit into one message or one reply all go and come")
    func large() async throws {
        try await LiveServer.run { _, cache in
            let entries = (0..<9).map {
                NewEntry(key: "big:\($0)", value: [UInt8](repeating: UInt8($0), count: 1_000_000))
            }
            #expect(try await cache.set(all: entries).count == 9)
            let read = try await cache.get(all: entries.map(\.key))
            #expect(try read.map { try $0.get()?.value } == entries.map(\.value))
        }
    }

    @Test("one key that is refused leaves the others alone")
    func refusedItem() async throws {
        try await LiveServer.run { _, cache in
            let items = try await cache.set(all: [
                NewEntry(key: "a", value: [1]), NewEntry(key: "", value: [2]),
                NewEntry(key: "c", value: [3]),
            ])
            #expect(try items[0].get().isStored)
            #expect(try items[2].get().isStored)
            let error = #expect(throws: CacheError.self) { try items[1].get() }
            #expect(error?.reason == "INVALID_KEY")
        }
    }

    @Test("nothing asked is nothing answered, without a call")
    func nothing() async throws {
        let cache = try CacheClient("127.0.0.1:1")
        #expect(try await cache.get(all: []).isEmpty)
        #expect(try await cache.set(all: []).isEmpty)
        #expect(try await cache.delete(all: []).isEmpty)
        await cache.close()
    }
}

@Suite struct BatchPlanTests {
    @Test("a call has at most so many items and bytes, but always one")
    func next() {
        let plan = BatchPlan()
        let many = Array(repeating: 1, count: 5_000)
        #expect(plan.next(of: many[...], bytes: { $0 }).count == BatchPlan.mostItems)
        let large = [2 << 20, 2 << 20, 9 << 20]
        #expect(plan.next(of: large[...], bytes: { $0 }) == [2 << 20])
        #expect(plan.next(of: large[2...], bytes: { $0 }) == [9 << 20])
        #expect(plan.next(of: large[3...], bytes: { $0 }).isEmpty)
    }

    @Test("it shrinks only where fewer items may help, and never below one")
    func shrink() {
        var plan = BatchPlan()
        let tooMany = CacheError(.resourceExhausted, "", reason: "TOO_MANY_KEYS")
        let shrunk = plan.shrink(after: tooMany, items: 9)
        #expect(shrunk)
        #expect(plan.next(of: [1, 2, 3, 4, 5, 6][...], bytes: { _ in 0 }).count == 4)
        let alone = plan.shrink(after: tooMany, items: 1)
        #expect(!alone)
        let other = CacheError(.resourceExhausted, "", reason: "VALUE_TOO_LARGE")
        for error in [other, CacheError(.unavailable, "")] {
            let shrunk = plan.shrink(after: error, items: 9)
            #expect(!shrunk)
        }
    }
}
