// Tests the counts that admission rests on.

import Testing

@testable import CacheEngine

@Suite struct FrequencySketchTests {
    @Test("An estimate is never below the true count, up to the highest there is")
    func neverBelow() {
        var sketch = FrequencySketch()
        var random = SeededGenerator(state: 7)
        var counts: [UInt64: Int] = [:]
        let keys = (0..<2_000).map { _ in random.next() }
        for step in 0..<20_000 {
            sketch.reserve(entries: step / 10)
            let key = keys[
                Int.random(in: 0..<Int.random(in: 1...2_000, using: &random), using: &random)]
            sketch.add(key, age: 0)
            counts[key, default: 0] += 1
            let estimate = sketch.frequency(key, age: 0)
            guard estimate < min(counts[key] ?? 0, FrequencySketch.maxFrequency) else { continue }
            Issue.record("step \(step): \(estimate)")
        }
    }

    @Test("Where there are as many keys as it was made for, an estimate is mostly the count")
    func mostlyRight() {
        var sketch = FrequencySketch()
        var random = SeededGenerator(state: 8)
        let keys = (0..<1_024).map { _ in random.next() }
        for count in 1...keys.count { sketch.reserve(entries: count) }
        for key in keys + keys { sketch.add(key, age: 0) }
        let excess = keys.reduce(0) { $0 + sketch.frequency($1, age: 0) - 2 }
        #expect(excess < keys.count / 4)
    }

    @Test("Each age halves what was counted, whether a block was touched between or not")
    func ageing() {
        var sketch = FrequencySketch()
        let hash: UInt64 = 0x1234_5678_9abc_def0
        for _ in 0..<12 { sketch.add(hash, age: 0) }
        #expect((0..<5).map { sketch.frequency(hash, age: $0) } == [12, 6, 3, 1, 0])
        sketch.add(hash, age: 2)
        #expect(sketch.frequency(hash, age: 2) == 4)
        #expect(sketch.frequency(hash, age: 3) == 2)
        sketch.add(hash, age: 15)
        #expect(sketch.frequency(hash, age: 15) == 1, "what is long ago counts no more")
        sketch.add(hash, age: 16)
        #expect(sketch.frequency(hash, age: 16) == 1, "the sixteenth age is written as the first")
    }

    @Test(
        "It grows under the eyes of its users and forgets nothing",
        arguments: [33, 1_000, 9_999, 70_000])
    func growth(entries: Int) {
        var sketch = FrequencySketch()
        let keys = (0..<20).map { SeededGenerator(state: $0 + 99).first }
        for key in keys { for _ in 0..<5 { sketch.add(key, age: 0) } }
        let before = keys.map { sketch.frequency($0, age: 0) }
        sketch.reserve(entries: entries)
        #expect(keys.map { sketch.frequency($0, age: 0) } == before)
        var random = SeededGenerator(state: 1)
        for _ in 0..<entries {
            sketch.add(random.next(), age: 0)
            guard zip(keys, before).contains(where: { sketch.frequency($0, age: 0) < $1 }) else {
                continue
            }
            Issue.record("forgotten")
        }
    }

    @Test("It takes 8 bytes for each of few entries, and less than 3 for each of many")
    func size() {
        var sketch = FrequencySketch()
        for entries in 1...500 { sketch.reserve(entries: entries) }
        #expect((500 * 8 - 64...500 * 8 + 64).contains(sketch.byteCount))
        for entries in 501...100_000 { sketch.reserve(entries: entries) }
        #expect((2 * 100_000...3 * 100_000).contains(sketch.byteCount))
    }

    @Test("A candidate has to be used more, and two more than what is used often")
    func admission() {
        #expect(FrequencySketch.admits(1, over: 0) && !FrequencySketch.admits(1, over: 1))
        #expect(FrequencySketch.admits(4, over: 3) && !FrequencySketch.admits(5, over: 4))
        #expect(FrequencySketch.admits(6, over: 4))
    }
}

extension SeededGenerator {
    /// The first number of a generator.
    fileprivate var first: UInt64 {
        var copy = self
        return copy.next()
    }
}
