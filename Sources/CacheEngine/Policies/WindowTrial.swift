// Owns the search for the right window of one segment; guarded by its lock.

import Synchronization

/// Finds out how large the window of W-TinyLFU should be, by trying four sizes at once.
///
/// Each is tried in a miniature: a cache of at most 256 keys, a sample by hash of those that the
/// segment sees, and as much smaller than it as the sample is smaller than all keys (Waldspurger
/// et al. 2017). What brings most hits, of late more than of old, is taken. Unlike a climber of
/// hills it knows what the other sizes would bring, and changes within a tenth of the cache's
/// entries in accesses.
struct WindowTrial: ~Copyable {
    /// The windows tried, in 65,536ths of the cache: 0.5, 10, 30 and 90 %.
    static let shares = [328, 6_554, 19_661, 58_982]
    static let firstShare = shares[0]
    /// Of so many keys one is in the sample, at least: a power of two.
    static let smallestRate: UInt64 = 8
    private static let largestRate: UInt64 = 1 << 40
    /// How many uses for each entry halve the frequencies.
    private static let usesPerAge = 12
    /// What a score keeps from look to look: half of it after 20 times the miniature's size.
    private static let memory = 0.9965

    /// How many hits another size must be ahead: fewer may be chance.
    private static let leadHits = 8.0

    // Empty until the first access: a segment that nobody uses costs nothing.
    private var caches: [MiniatureCache] = []
    private var scores: [Double] = []
    private var sketch = FrequencySketch()
    private var uses = 0
    private var age: UInt8 = 0
    private var best = 0
    private var rate = smallestRate
    private var capacity = MiniatureCache.maxEntries
    private var untilLook = 8
    private var wasFull = false
    /// How many more of the entries are in the sample than were to be expected.
    private var luck = 1.0

    /// What names a key here. Its lowest bits say whether it is in the sample: others than those
    /// that choose the stripe.
    static func mix(_ hash: UInt64) -> UInt64 { hash &>> 24 | hash &<< 40 }

    /// What the sketch takes for a hash of a key, whose lowest bits are all the same here.
    static func spread(_ key: UInt64) -> UInt64 { (key ^ key &>> 32) &* 0x9e37_79b9_7f4a_7c15 }

    /// Shows a use of a key of the sample to all miniatures.
    mutating func access(_ key: UInt64, of domain: borrowing PolicyDomain) {
        if caches.isEmpty {
            caches = Self.shares.map { MiniatureCache(windowShare: $0) }
            scores = Self.shares.map { _ in 0 }
            sketch.reserve(entries: 2 * MiniatureCache.maxEntries)
        }
        sketch.add(Self.spread(key), age: age)
        uses += 1
        if uses >= Self.usesPerAge * capacity {
            uses = 0
            age &+= 1
        }
        for index in caches.indices {
            let isHit = caches[index].access(key, capacity: capacity, sketch, age: age)
            if isHit { scores[index] += 1 }
        }
        untilLook -= 1
        if untilLook <= 0 { look(at: domain) }
    }

    private mutating func look(at domain: borrowing PolicyDomain) {
        let entries = domain.entries()
        let isFull = domain.shared.pointee.isFull.load(ordering: .relaxed)
        while entries / Int(rate) > MiniatureCache.maxEntries, rate < Self.largestRate {
            setRate(rate &* 2, of: domain)
        }
        while rate > Self.smallestRate, entries / Int(rate) < MiniatureCache.maxEntries / 4 {
            setRate(rate / 2, of: domain)
        }
        // What never lacked room has no size yet, and nor have the miniatures. When room is first
        // short they hold all there is of the sample, which chance makes larger or smaller.
        if isFull, !wasFull {
            luck = Double(caches[0].count * Int(rate)) / Double(max(1, entries))
            luck = min(max(luck, 0.5), 2)
            wasFull = true
        }
        let size = min(
            max(8, Int(luck * Double(entries) / Double(rate))), MiniatureCache.maxEntries)
        capacity = isFull ? size : MiniatureCache.maxEntries
        untilLook = max(4, size / 10)
        let leader = scores.indices.max { scores[$0] < scores[$1] } ?? best
        // In a loop over many keys each size is ahead for a part of it: a whole round brings as
        // many hits as there are entries.
        if scores[leader] > max(Double(capacity), scores[best] + Self.leadHits) { best = leader }
        domain.shared.pointee.windowShare.store(Self.shares[best], ordering: .relaxed)
        for index in scores.indices { scores[index] *= Self.memory }
    }

    private mutating func setRate(_ rate: UInt64, of domain: borrowing PolicyDomain) {
        if rate > self.rate {
            for index in caches.indices { caches[index].keep { $0 & (rate - 1) == 0 } }
        }
        self.rate = rate
        domain.shared.pointee.sampleMask.store(rate - 1, ordering: .relaxed)
    }
}
