// Tests the walk over the keys.

import Testing

@testable import CacheEngine

@Suite struct KeysTests {
    @Test("A walk lists every key once, in pages of at most the asked size", arguments: [1, 8, 64])
    func pages(stripes: Int) {
        let cache = TestCache(EngineConfiguration(maxBytes: 1 << 30, stripes: stripes))
        let keys = (0..<5_000).map { "k\($0)" }
        for key in keys { cache.set(key) }
        for size in [1_000, 7] {
            var found: [String] = []
            var cursor: KeysCursor?
            repeat {
                let page = cache.engine.keys(after: cursor, limit: size, now: cache.now) { _ in
                    true
                }
                #expect(page.keys.count <= size)
                found += page.keys.map { String(decoding: $0, as: UTF8.self) }
                cursor = page.next
            } while cursor != nil
            #expect(found.sorted() == keys.sorted())
        }
    }

    @Test("What is there during the whole walk is listed once, however the table changes")
    func growth() {
        var random = SeededGenerator(state: 6)
        let cache = TestCache(EngineConfiguration(maxBytes: 1 << 30, stripes: 4))
        let lasting = Set((0..<1_000).map { "lasting\($0)" })
        for key in lasting { cache.set(key) }
        var counts: [String: Int] = [:]
        var cursor: KeysCursor?
        repeat {
            let page = cache.engine.keys(after: cursor, limit: 20, now: cache.now) { _ in true }
            for key in page.keys { counts[String(decoding: key, as: UTF8.self), default: 0] += 1 }
            cursor = page.next
            for _ in 0..<100 {
                let number = Int.random(in: 0..<20_000, using: &random)
                if number % 3 == 0 { cache.delete("passing\(number)") }
                cache.set("passing\(number + 1)")
            }
            if let key = lasting.randomElement(using: &random) { cache.set(key, "rewritten") }
        } while cursor != nil
        for key in lasting { #expect(counts[key] == 1) }
    }

    @Test("Only matching keys are listed, and a cursor beyond the end is the end")
    func matching() {
        let cache = TestCache()
        for number in 0..<100 { cache.set(number % 2 == 0 ? "even\(number)" : "odd\(number)") }
        let page = cache.engine.keys(after: nil, limit: 1_000, now: cache.now) { key in
            key.first == UInt8(ascii: "e")
        }
        #expect(page.keys.count == 50 && page.next == nil)
        let beyond = KeysCursor(stripe: .max, hash: 0)
        let last = cache.engine.keys(after: beyond, limit: 10, now: cache.now) { _ in true }
        #expect(last.keys.isEmpty && last.next == nil)
    }
}
