// Tests the hash index against a dictionary.

import Testing

@testable import CacheEngine

@Suite struct HashIndexTests {
    @Test("It finds what a dictionary finds, through growth, removal and equal tags")
    func model() {
        var random = SeededGenerator(state: 1)
        var index = HashIndex()
        var model: [Int: UInt64] = [:]
        for _ in 0..<20_000 {
            let slot = Int.random(in: 0..<700, using: &random)
            if let hash = model[slot] {
                index.remove(hash, slot: slot)
                model[slot] = nil
            } else {
                // Few upper halves, some of them at the table's end: long runs that wrap around.
                let hash = random.next() | (random.next() % 3 == 0 ? 0xffff_ff00 << 32 : 0)
                index.insert(hash, slot: slot)
                model[slot] = hash
            }
            #expect(index.count == model.count)
            let probe = Int.random(in: 0..<700, using: &random)
            let hash = model[probe] ?? random.next()
            #expect((index.find(hash) { $0 == probe } != nil) == (model[probe] != nil))
        }
    }

    @Test("A scan shows every slot once, in ranges of hashes that follow one another")
    func scan() {
        var random = SeededGenerator(state: 2)
        var index = HashIndex()
        var hashes: [UInt64] = []
        for slot in 0..<3_000 {
            hashes.append(slot % 7 == 0 ? .max - UInt64(slot) : random.next())
            index.insert(hashes[slot], slot: slot)
        }
        var seen: [Int] = []
        var start: UInt64? = 0
        while let from = start {
            var range: [UInt64] = []
            start = index.scan(from: from, width: 64) { slot in
                seen.append(slot)
                range.append(hashes[slot])
            }
            #expect(range.allSatisfy { $0 >= from && (start == nil || $0 < start ?? 0) })
        }
        #expect(seen.sorted() == Array(0..<3_000))
    }
}
