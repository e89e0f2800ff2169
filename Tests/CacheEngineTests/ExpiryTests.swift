// Tests lazy and background expiration.

import Testing

@testable import CacheEngine

@Suite struct ExpiryTests {
    private let cache = TestCache(EngineConfiguration(maxBytes: 1 << 24))

    @Test("An expired entry is a miss from its last nanosecond on, committed once as an expiry")
    func lazy() {
        cache.set("a", ttl: .after(.seconds(1)))
        cache.advance(by: .seconds(1) - .nanoseconds(1))
        #expect(cache.get("a") != nil)
        cache.advance(by: .nanoseconds(1))
        #expect(cache.peek("a") == nil)
        #expect(cache.keys().isEmpty)
        #expect(cache.totals.entries == 1, "peek and keys leave it to the sweep")
        #expect(cache.get("a") == nil && cache.get("a") == nil)
        #expect(cache.changes.map(\.kind) == [.set, .expire])
        let totals = cache.totals
        #expect(totals.hits == 1 && totals.misses == 2 && totals.expirations == 1)
        #expect(totals.entries == 0 && totals.bytes == 0)
    }

    @Test("Every write meets an expired entry as none")
    func writes() {
        for key in ["touch", "delete", "invalidate", "version"] {
            cache.set(key, ttl: .after(.seconds(1)))
        }
        cache.advance(by: .seconds(2))
        #expect(cache.touch("touch") == nil)
        #expect(!cache.delete("delete").existed)
        #expect(cache.delete("version", ifVersion: 4) == .absent)
        #expect(!cache.invalidate("invalidate"))
        #expect(cache.totals.expirations == 4 && cache.totals.deletes == 0)
    }

    @Test("A slice full of renewed deadlines is not the end of the sweep")
    func renewedDeadlines() {
        for number in 0..<200 { cache.set("k\(number)", ttl: .after(.seconds(1))) }
        for number in 0..<100 { cache.touch("k\(number)", ttl: .after(.seconds(60))) }
        cache.advance(by: .seconds(2))
        var removed = 0
        var slices = 0
        var isCutShort = true
        while isCutShort, slices < 1_000 {
            let outcome = cache.engine.sweep(now: cache.now, maxRemovals: 10)
            removed += outcome.removed
            isCutShort = outcome.isCutShort
            slices += 1
        }
        #expect(removed == 100 && !isCutShort && slices > 10)
    }

    @Test("The sweep removes what is due and no more, in slices of the asked size")
    func sweep() {
        for number in 0..<1_000 {
            cache.set("k\(number)", ttl: .after(.seconds(Int64(number % 10 + 1))))
        }
        cache.set("forever")
        #expect(cache.sweep() == 0)
        cache.advance(by: .seconds(4))
        var removed = 0
        while true {
            let slice = cache.sweep(30)
            #expect(slice <= 30)
            if slice == 0 { break }
            removed += slice
        }
        #expect(removed == 400)
        #expect(cache.totals.entries == 601 && cache.totals.expirations == 400)
        #expect(cache.changes.filter { $0.kind == .expire }.count == 400)
        cache.advance(by: .seconds(100))
        #expect(cache.sweep() == 600)
        #expect(cache.keys() == ["forever"])
    }

    @Test(
        "A renewed entry is not swept at its first deadline, an entry cut short is at its new one")
    func renewed() {
        cache.set("touched", ttl: .after(.seconds(1)))
        cache.touch("touched", ttl: .after(.seconds(10)))
        cache.set("kept", ttl: .after(.seconds(1)))
        cache.set("kept", ttl: .never)
        cache.set("cut", ttl: .after(.seconds(100)))
        cache.touch("cut", ttl: .after(.seconds(2)))
        cache.advance(by: .seconds(3))
        #expect(cache.sweep() == 1)
        #expect(cache.keys().sorted() == ["kept", "touched"])
        cache.advance(by: .seconds(8))
        #expect(cache.sweep() == 1)
        #expect(cache.keys() == ["kept"])
    }

    @Test("A simulated year of expiry leaves nothing behind")
    func year() {
        var random = SeededGenerator(state: 5)
        for day in 0..<365 {
            for number in 0..<40 {
                let hours = Int64.random(in: 1...2_000, using: &random)
                cache.set("k\(day).\(number)", ttl: .after(.seconds(hours * 3_600)))
            }
            cache.advance(by: .seconds(86_400))
            _ = cache.sweep()
            #expect(cache.totals.entries == cache.keys().count)
        }
        cache.advance(by: .seconds(2_000 * 3_600))
        _ = cache.sweep()
        #expect(cache.totals.entries == 0 && cache.totals.bytes == 0)
        #expect(cache.totals.expirations == 365 * 40)
    }
}
