// Tests that a reader's entry stays as it is while others change or remove it.

import Testing

@testable import CacheEngine

@Suite struct GuestsTests {
    private let cache = TestCache(EngineConfiguration(maxBytes: 1 << 24, stripes: 1))

    private func reading(_ key: String, _ body: () -> Void) -> String? {
        key.withBytes { key in
            cache.engine.withEntry(key, now: cache.now) { entry in
                body()
                return String(decoding: entry.value, as: UTF8.self)
            }
        }
    }

    @Test("A value that is being read is read to its end, whatever happens to its key")
    func untouched() {
        let removals: [() -> Void] = [
            { cache.set("k", "another") },
            { cache.delete("k") },
            { cache.touch("k") },
            { _ = cache.engine.removeEverything() },
            { _ = cache.engine.removeAll(now: cache.now) { _ in true } },
        ]
        for (number, remove) in removals.enumerated() {
            cache.set("k", "value")
            let text = reading("k") {
                remove()
                // What was freed would be given out again and overwritten now.
                for filler in 0..<200 { cache.set("f\(filler)", "VALUE") }
                for filler in 0..<200 { cache.delete("f\(filler)") }
            }
            #expect(text == "value", "removal \(number)")
        }
    }

    @Test("More readers than seats, one inside the other, all read their own entry")
    func manyReaders() {
        func read(_ depth: Int) {
            guard depth < 2 * Guests.seats + 3 else {
                for number in 0..<depth { cache.delete("k\(number)") }
                for filler in 0..<200 { cache.set("f\(filler)", "other") }
                return
            }
            cache.set("k\(depth)", "value\(depth)")
            let text = reading("k\(depth)") { read(depth + 1) }
            #expect(text == "value\(depth)")
        }
        read(0)
    }

    @Test("What was put aside for a reader is freed after it has left")
    func freed() {
        let large = String(repeating: "x", count: 2_000)
        for round in 0..<2_000 {
            cache.set("k", large)
            _ = reading("k") { cache.delete("k") }
            cache.set("other", "\(round)")
            cache.delete("other")
        }
        let spans = cache.engine.arena.usedSpanBytes
        #expect(spans <= 8 * EntryArena.spanBytes, "\(spans)")
    }

    @Test("A value outside the arena is read to its end, too")
    func large() {
        let large = String(repeating: "x", count: 100_000)
        cache.set("k", large)
        let text = reading("k") {
            cache.delete("k")
            cache.set("k", String(repeating: "y", count: 100_000))
        }
        #expect(text == large)
    }
}
