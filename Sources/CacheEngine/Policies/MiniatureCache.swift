// Owns one W-TinyLFU of few keys and no values; guarded by its owner's lock.

/// A simulation of the cache on a sample of its keys, with a window of its own: what
/// ``TinyLFUPolicy`` does, counted in entries. Its keys are hashes, and its links are in arrays.
struct MiniatureCache {
    /// The most keys it holds.
    static let maxEntries = 256
    private static let bucketCount = 512
    private static let none = UInt16.max

    private struct Node {
        var key: UInt64 = 0
        var previous: UInt16 = 0
        var next: UInt16 = 0
        /// The next one with the same bucket, or the next free one.
        var chain: UInt16 = MiniatureCache.none
        var queue: UInt8 = 0
    }

    /// The window's share, in 65,536ths.
    let windowShare: Int
    /// The keys, then one node for each queue, which closes its ring.
    private var nodes: [Node]
    private var buckets = [UInt16](repeating: none, count: bucketCount)
    private var free: UInt16 = 0
    var counts = [0, 0, 0]

    init(windowShare: Int) {
        self.windowShare = windowShare
        nodes = (0..<Self.maxEntries + 3).map { index in
            var node = Node()
            node.chain = index + 1 < Self.maxEntries ? UInt16(index + 1) : Self.none
            return node
        }
        for queue in 0..<3 {
            let ring = UInt16(Self.maxEntries + queue)
            nodes[Int(ring)].previous = ring
            nodes[Int(ring)].next = ring
        }
    }

    var count: Int { counts[0] + counts[1] + counts[2] }

    /// Uses a key, and stores it if it is not there; answers whether it was.
    mutating func access(
        _ key: UInt64, capacity: Int, _ sketch: borrowing FrequencySketch, age: UInt8
    ) -> Bool {
        let window = max(1, (capacity * windowShare) >> 16)
        let limit = (capacity - window) / 5 * TinyLFUPolicy.protectedFifths
        if let node = find(key) {
            let queue = nodes[node].queue
            unlink(node)
            link(node, queue == 0 || counts[0] < window - 1 && count >= capacity - 1 ? 0 : 2)
            if counts[2] > limit { link(unlink(tail(2)), 1) }
            return true
        }
        evict(to: min(capacity, Self.maxEntries) - 1, window: window, sketch, age: age)
        insert(key)
        if counts[0] > window { link(unlink(tail(0)), 1) }
        if counts[2] > limit { link(unlink(tail(2)), 1) }
        return false
    }

    /// Forgets the keys that are not wanted any more.
    mutating func keep(where isWanted: (UInt64) -> Bool) {
        for queue in 0..<3 {
            var node = tail(queue)
            while node < Self.maxEntries {
                let next = Int(nodes[node].previous)
                if !isWanted(nodes[node].key) { remove(node) }
                node = next
            }
        }
    }

    private mutating func evict(
        to count: Int, window: Int, _ sketch: borrowing FrequencySketch, age: UInt8
    ) {
        while self.count > max(0, count) {
            let incumbent = counts[1] > 0 ? tail(1) : counts[2] > 0 ? tail(2) : tail(0)
            let candidate = tail(0)
            guard counts[0] >= window, candidate != incumbent else {
                remove(incumbent)
                continue
            }
            let frequency = sketch.frequency(WindowTrial.spread(nodes[candidate].key), age: age)
            let other = sketch.frequency(WindowTrial.spread(nodes[incumbent].key), age: age)
            if FrequencySketch.admits(frequency, over: other) {
                remove(incumbent)
                link(unlink(candidate), 1)
            } else {
                remove(candidate)
            }
        }
    }

    private func tail(_ queue: Int) -> Int { Int(nodes[Self.maxEntries + queue].previous) }

    private static func bucket(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: key &>> 40) & (bucketCount - 1)
    }

    private func find(_ key: UInt64) -> Int? {
        var node = buckets[Self.bucket(key)]
        while node != Self.none {
            if nodes[Int(node)].key == key { return Int(node) }
            node = nodes[Int(node)].chain
        }
        return nil
    }

    private mutating func insert(_ key: UInt64) {
        let node = Int(free)
        free = nodes[node].chain
        nodes[node].key = key
        nodes[node].chain = buckets[Self.bucket(key)]
        buckets[Self.bucket(key)] = UInt16(node)
        link(node, 0)
    }

    private mutating func remove(_ node: Int) {
        unlink(node)
        let bucket = Self.bucket(nodes[node].key)
        if buckets[bucket] == UInt16(node) {
            buckets[bucket] = nodes[node].chain
        } else {
            var before = Int(buckets[bucket])
            while nodes[before].chain != UInt16(node) { before = Int(nodes[before].chain) }
            nodes[before].chain = nodes[node].chain
        }
        nodes[node].chain = free
        free = UInt16(node)
    }

    /// Puts a node at the young end of a queue.
    private mutating func link(_ node: Int, _ queue: Int) {
        let ring = Self.maxEntries + queue
        let first = nodes[ring].next
        nodes[node].previous = UInt16(ring)
        nodes[node].next = first
        nodes[node].queue = UInt8(queue)
        nodes[Int(first)].previous = UInt16(node)
        nodes[ring].next = UInt16(node)
        counts[queue] += 1
    }

    @discardableResult
    private mutating func unlink(_ node: Int) -> Int {
        let (previous, next) = (nodes[node].previous, nodes[node].next)
        nodes[Int(previous)].next = next
        nodes[Int(next)].previous = previous
        counts[Int(nodes[node].queue)] -= 1
        return node
    }
}
