// Owns a naive picture of W-TinyLFU in one stripe; one test's task.

@testable import CacheEngine

/// Three arrays, and counts as the engine has them. The window's share and the age of the counts
/// are the engine's: what they should be is another question.
struct TinyLFUModel: PolicyModel {
    private struct Entry {
        let key: Int
        var bytes: Int
        var epoch: UInt64
    }

    /// Window, probation and protected, each with its newest last.
    private var queues: [[Entry]] = [[], [], []]
    private var isFull = false
    private let counts = Counts()
    private let hash: (Int) -> UInt64

    private final class Counts {
        var sketch = FrequencySketch()
    }

    /// - Parameter hash: What the engine takes for the hash of a key.
    init(hash: @escaping (Int) -> UInt64) { self.hash = hash }

    private func touch(_ key: Int, _ moment: Moment) {
        counts.sketch.reserve(entries: queues.joined().count)
        counts.sketch.add(hash(key), age: moment.before.age)
    }

    private func frequency(_ key: Int, _ moment: Moment) -> Int {
        counts.sketch.frequency(hash(key), age: moment.before.age)
    }

    private var bytes: Int { queues.joined().reduce(0) { $0 + $1.bytes } }

    private func bytes(_ queue: Int) -> Int { queues[queue].reduce(0) { $0 + $1.bytes } }

    private func target(_ reading: Moment.Reading) -> Int { bytes * reading.windowShare / 65_536 }

    private func find(_ key: Int) -> (Int, Int)? {
        for queue in 0..<3 {
            if let index = queues[queue].firstIndex(where: { $0.key == key }) {
                return (queue, index)
            }
        }
        return nil
    }

    private mutating func move(_ from: Int, _ index: Int, to queue: Int, _ moment: Moment) {
        var entry = queues[from].remove(at: index)
        entry.epoch = moment.after.epoch & 63
        queues[queue].append(entry)
    }

    private mutating func demote(_ reading: Moment.Reading, _ moment: Moment) {
        let limit = (bytes - target(reading)) / 5 * 4
        for _ in 0..<2 where bytes(2) > limit && !queues[2].isEmpty { move(2, 0, to: 1, moment) }
    }

    mutating func insert(_ key: Int, bytes: Int, at moment: Moment) {
        queues[0].append(Entry(key: key, bytes: bytes, epoch: moment.after.epoch & 63))
        touch(key, moment)
        for _ in 0..<2
        where queues[0].count > 1 && self.bytes(0) - bytes > target(moment.after) {
            move(0, 0, to: 1, moment)
        }
        demote(moment.after, moment)
    }

    mutating func use(_ key: Int, at moment: Moment) {
        guard let (queue, index) = find(key),
            queues[queue][index].epoch != moment.after.epoch & 63
        else { return }
        touch(key, moment)
        let bytes = queues[queue][index].bytes
        let isShort = isFull && self.bytes(0) + bytes < target(moment.after)
        if queue == 0 || isShort {
            move(queue, index, to: 0, moment)
        } else {
            move(queue, index, to: 2, moment)
            demote(moment.after, moment)
        }
    }

    mutating func replace(_ key: Int, bytes: Int, at moment: Moment) {
        guard let (queue, index) = find(key) else { return }
        queues[queue][index].bytes = bytes
        use(key, at: moment)
    }

    mutating func remove(_ key: Int) {
        for queue in 0..<3 { queues[queue].removeAll { $0.key == key } }
    }

    mutating func victim(at moment: Moment) -> Int? {
        isFull = true
        demote(moment.before, moment)
        let incumbent = queues[1].first ?? queues[2].first
        guard bytes(0) > target(moment.before), let candidate = queues[0].first else {
            return (incumbent ?? queues[0].first)?.key
        }
        guard let incumbent else { return candidate.key }
        let (mine, other) = (frequency(candidate.key, moment), frequency(incumbent.key, moment))
        guard mine > other + (other < 4 ? 0 : 1) else { return candidate.key }
        move(0, 0, to: 1, moment)
        return incumbent.key
    }
}
