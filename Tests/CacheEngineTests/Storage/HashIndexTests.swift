// Tests the hash index against a dictionary, and that no change is a long one.

import Testing

@testable import CacheEngine

@Suite struct HashIndexTests {
    private let arena = EntryArena(hasher: SipHash(seed: (1, 2)))

    @Test("It finds what a dictionary finds, through growth, shrinking and equal tags")
    func model() {
        var random = SeededGenerator(state: 1)
        var index = HashIndex(arena: arena)
        var model: [Int: UInt64] = [:]
        for step in 0..<60_000 {
            // It fills up, and empties again.
            let slots = (step / 10_000) % 2 == 0 ? 1..<3_000 : 1..<30
            let slot = Int.random(in: slots, using: &random)
            if let hash = model[slot] {
                index.remove(hash, slot: slot)
                model[slot] = nil
            } else if step % 20_000 < 9_000 {
                // Few upper halves, some of them at the table's end: long runs beyond it.
                let hash = random.next() | (random.next() % 3 == 0 ? 0xffff_ff00 << 32 : 0)
                index.insert(hash, slot: slot)
                model[slot] = hash
            } else if let (slot, hash) = model.first {
                index.remove(hash, slot: slot)
                model[slot] = nil
            }
            #expect(index.count == model.count)
            let probe = Int.random(in: 1..<3_000, using: &random)
            let hash = model[probe] ?? random.next()
            #expect((index.find(hash) { $0 == probe } != 0) == (model[probe] != nil))
        }
        for (slot, hash) in model { #expect(index.find(hash) { $0 == slot } == slot) }
    }

    @Test("A replaced slot is found in the old one's place, wherever a migration is")
    func replacement() {
        var random = SeededGenerator(state: 7)
        var index = HashIndex(arena: arena)
        var hashes: [UInt64] = []
        var migrations = 0
        for slot in 1...5_000 {
            hashes.append(random.next())
            index.insert(hashes[slot - 1], slot: slot)
            let other = Int.random(in: 1...slot, using: &random)
            index.replace(hashes[other - 1], other, with: other + 10_000)
            #expect(index.find(hashes[other - 1]) { $0 == other } == 0)
            #expect(index.find(hashes[other - 1]) { $0 > 10_000 } == other + 10_000)
            index.replace(hashes[other - 1], other + 10_000, with: other)
            if index.isMigrating { migrations += 1 }
        }
        #expect(migrations > 500, "many of them were made while the table grew")
    }

    @Test("No change moves more than a few buckets, however large the table is")
    func boundedChanges() {
        var random = SeededGenerator(state: 3)
        var index = HashIndex(arena: arena)
        var hashes: [UInt64] = []
        var most = 0
        for slot in 1...200_000 {
            hashes.append(random.next())
            index.insert(hashes[slot - 1], slot: slot)
            most = max(most, index.movedByLastChange)
        }
        for slot in 1...200_000 {
            index.remove(hashes[slot - 1], slot: slot)
            most = max(most, index.movedByLastChange)
        }
        // Some dozens, and what is left of a run, which does not get longer with the table.
        #expect(most >= HashIndex.bucketsPerChange && most < 2_000, "\(most)")
    }

    @Test("A scan shows every slot once, in ranges of hashes that follow one another")
    func scan() {
        var random = SeededGenerator(state: 2)
        var index = HashIndex(arena: arena)
        var hashes: [UInt64] = []
        for slot in 1...3_000 {
            hashes.append(slot % 7 == 0 ? .max - UInt64(slot) : random.next())
            index.insert(hashes[slot - 1], slot: slot)
        }
        var seen: [Int] = []
        var start: UInt64? = 0
        while let from = start {
            var range: [UInt64] = []
            start = index.scan(from: from, width: 64) { slot in
                seen.append(slot)
                range.append(hashes[slot - 1] >> 32)
            }
            let end = start.map { $0 >> 32 } ?? .max
            #expect(range.allSatisfy { $0 >= from >> 32 && $0 <= end })
        }
        #expect(seen.sorted() == Array(1...3_000))
    }

    @Test(
        "A scan shows what stays during all of it exactly once, while the table grows and shrinks")
    func scanWhileMigrating() {
        var random = SeededGenerator(state: 4)
        for round in 0..<20 {
            var index = HashIndex(arena: arena)
            var hashes = (0..<2_000).map { _ in random.next() }
            for (slot, hash) in hashes.enumerated() { index.insert(hash, slot: slot + 1) }
            var seen: [Int: Int] = [:]
            var start: UInt64? = 0
            var migrating = 0
            while let from = start {
                start = index.scan(from: from, width: 8) { slot in
                    // A hash below the start was shown before: its reader knows the whole hash.
                    if hashes[slot - 1] >= from { seen[slot, default: 0] += 1 }
                }
                if index.isMigrating { migrating += 1 }
                if round % 2 == 0 {
                    for _ in 0..<20 {
                        hashes.append(random.next())
                        index.insert(hashes[hashes.count - 1], slot: hashes.count)
                    }
                } else if hashes.count > 500 {
                    for _ in 0..<6 where hashes.count > 500 {
                        index.remove(hashes[hashes.count - 1], slot: hashes.count)
                        // It stays in the array: it may have been shown.
                        hashes.swapAt(hashes.count - 1, hashes.count - 1)
                        seen[hashes.count] = nil
                        hashes.removeLast()
                    }
                }
            }
            #expect(migrating > 0)
            let lasting = round % 2 == 0 ? 2_000 : hashes.count
            for slot in 1...lasting { #expect(seen[slot] == 1, "slot \(slot), round \(round)") }
        }
    }

    @Test("Each slot is due when its deadline has come, through growth of the table")
    func deadlines() {
        var random = SeededGenerator(state: 5)
        var index = HashIndex(arena: arena)
        var model: [Int: (hash: UInt64, deadline: Int64)] = [:]
        var now: Int64 = 1_000
        var free = 1
        for _ in 0..<3_000 {
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                let hash = random.next()
                let deadline = now + Int64.random(in: 1...20_000, using: &random)
                index.insert(hash, slot: free)
                index.schedule(hash, at: deadline)
                model[free] = (hash, deadline)
                free += 1
            }
            now += Int64.random(in: 0...100, using: &random)
            var due: Set<Int> = []
            while true {
                var steps = 3
                let slot = index.nextDue(now, steps: &steps) { model[$0]?.deadline ?? .max }
                if let slot, let entry = model[slot] {
                    #expect(entry.deadline <= now)
                    due.insert(slot)
                    index.remove(entry.hash, slot: slot)
                    model[slot] = nil
                } else if steps > 0 {
                    break
                }
            }
            #expect(model.values.allSatisfy { $0.deadline > now })
        }
        #expect(index.count == model.count && free > 10_000)
    }
}
