// Owns naive pictures of the eviction policies: arrays that are searched; one test's task.

@testable import CacheEngine

/// What a policy is to do, as its description says it, in as many steps as that takes.
protocol PolicyModel {
    /// A new entry, of so many bytes.
    mutating func insert(_ key: Int, bytes: Int, at moment: Moment)
    mutating func use(_ key: Int, at moment: Moment)
    /// Another value, of so many bytes.
    mutating func replace(_ key: Int, bytes: Int, at moment: Moment)
    mutating func remove(_ key: Int)
    /// The next to go, when another entry is about to come.
    mutating func victim(at moment: Moment) -> Int?
}

/// What the domain's clocks say before and after a call.
struct Moment {
    let before: Reading
    let after: Reading

    struct Reading {
        var epoch: UInt64 = 0
        var age: UInt8 = 0
        var windowShare = 0
    }
}

struct LRUModel: PolicyModel {
    private var order: [Int] = []  // newest last

    mutating func insert(_ key: Int, bytes: Int, at moment: Moment) { order.append(key) }
    mutating func use(_ key: Int, at moment: Moment) {
        remove(key)
        order.append(key)
    }
    mutating func replace(_ key: Int, bytes: Int, at moment: Moment) { use(key, at: moment) }
    mutating func remove(_ key: Int) { order.removeAll { $0 == key } }
    mutating func victim(at moment: Moment) -> Int? { order.first }
}

/// No order: whatever goes is as good.
struct UnorderedModel: PolicyModel {
    // Two values without size have one address, and the sanitizer takes them for one.
    private var keys: Set<Int> = []

    mutating func insert(_ key: Int, bytes: Int, at moment: Moment) { keys.insert(key) }
    mutating func use(_ key: Int, at moment: Moment) {}
    mutating func replace(_ key: Int, bytes: Int, at moment: Moment) {}
    mutating func remove(_ key: Int) { keys.remove(key) }
    mutating func victim(at moment: Moment) -> Int? { nil }
}

struct FIFOModel: PolicyModel {
    private var order: [Int] = []  // newest last

    mutating func insert(_ key: Int, bytes: Int, at moment: Moment) { order.append(key) }
    mutating func use(_ key: Int, at moment: Moment) {}
    mutating func replace(_ key: Int, bytes: Int, at moment: Moment) {}
    mutating func remove(_ key: Int) { order.removeAll { $0 == key } }
    mutating func victim(at moment: Moment) -> Int? { order.first }
}

/// Priorities that rise by one with each use, from above that of the last victim, and lie at most
/// 15 above the lowest there may be.
struct LFUModel: PolicyModel {
    private var entries: [(key: Int, priority: Int)] = []  // last moved last
    private var floor = 0
    private var lastVictim = 0

    private mutating func push(_ key: Int, from priority: Int) {
        while floor < lastVictim, !entries.contains(where: { $0.priority == floor }) { floor += 1 }
        entries.append((key, min(max(priority, floor, lastVictim) + 1, floor + 15)))
    }

    mutating func insert(_ key: Int, bytes: Int, at moment: Moment) { push(key, from: 0) }

    mutating func use(_ key: Int, at moment: Moment) {
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return }
        push(key, from: entries.remove(at: index).priority)
    }

    mutating func replace(_ key: Int, bytes: Int, at moment: Moment) { use(key, at: moment) }

    mutating func remove(_ key: Int) { entries.removeAll { $0.key == key } }

    mutating func victim(at moment: Moment) -> Int? {
        guard let lowest = entries.map(\.priority).min() else { return nil }
        lastVictim = max(lastVictim, lowest)
        return entries.first { $0.priority == lowest }?.key
    }
}

/// Of each power of two of bytes the entry used longest ago; of those the one whose bytes times
/// the time since then are most.
struct SizeModel: PolicyModel {
    private struct Entry {
        let key: Int
        var bytes: Int
        var unit: UInt64
    }

    private var entries: [Entry] = []  // last moved last

    private func unit(_ moment: Moment) -> UInt64 { moment.before.epoch / 8 & 255 }

    private func order(_ entry: Entry) -> Int { Int.bitWidth - entry.bytes.leadingZeroBitCount }

    mutating func insert(_ key: Int, bytes: Int, at moment: Moment) {
        entries.append(Entry(key: key, bytes: bytes, unit: unit(moment)))
    }

    mutating func use(_ key: Int, at moment: Moment) {
        guard let index = entries.firstIndex(where: { $0.key == key }),
            entries[index].unit != unit(moment)
        else { return }
        insert(key, bytes: entries.remove(at: index).bytes, at: moment)
    }

    mutating func replace(_ key: Int, bytes: Int, at moment: Moment) {
        remove(key)
        insert(key, bytes: bytes, at: moment)
    }

    mutating func remove(_ key: Int) { entries.removeAll { $0.key == key } }

    mutating func victim(at moment: Moment) -> Int? {
        let tails = Dictionary(grouping: entries, by: order).sorted { $0.key < $1.key }
            .compactMap(\.value.first)
        var best: (key: Int, score: Int)?
        for tail in tails {
            let score = tail.bytes * Int(1 + (unit(moment) &- tail.unit) & 255)
            if score > best?.score ?? 0 { best = (tail.key, score) }
        }
        return best?.key
    }
}
