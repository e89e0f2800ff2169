// Tests the order of eviction against a naive list.

import Testing

@testable import CacheEngine

@Suite struct LRUPolicyTests {
    @Test("The engine holds what a naive list of the last uses holds")
    func model() {
        var random = SeededGenerator(state: 4)
        let capacity = 50
        let cache = TestCache(
            EngineConfiguration(maxBytes: 1 << 30, maxEntries: capacity, stripes: 1))
        var recent: [String] = []  // newest last
        for step in 0..<100_000 {
            let key = "k\(Int.random(in: 0..<120, using: &random))"
            let known = recent.firstIndex(of: key)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                #expect((cache.get(key) != nil) == (known != nil), "step \(step)")
                if let known { recent.append(recent.remove(at: known)) }
            case 4..<7:
                cache.set(key)
                if let known { recent.remove(at: known) }
                if recent.count == capacity { recent.removeFirst() }
                recent.append(key)
            case 7:
                cache.delete(key)
                if let known { recent.remove(at: known) }
            case 8:
                cache.touch(key)
                if let known { recent.append(recent.remove(at: known)) }
            default:
                #expect((cache.peek(key) != nil) == (known != nil), "peek is not a use")
            }
            if step % 1_000 == 0 { #expect(cache.keys().sorted() == recent.sorted()) }
        }
        #expect(cache.totals.evictions > 1_000)
    }
}
