// Finds the groups that a key can concern; confined to the hub's event loop.

/// The groups of a hub by the literal prefixes of their patterns.
///
/// `user:1*` waits under the prefix `user:1`, so a key only tries the groups whose prefix it
/// begins with. One pass over the key hashes each of its prefixes; a lookup happens at the
/// lengths in use only. Two prefixes with one hash share a bucket: that costs a try, no more.
struct FilterIndex<Sink: WatcherSink> {
    /// Longer prefixes wait under their first bytes, which bounds the lookups per key.
    static var maxPrefixBytes: Int { 64 }

    /// Groups with a pattern that has no literal prefix.
    private var unprefixed: [FilterGroup<Sink>] = []
    private var buckets: [UInt64: [FilterGroup<Sink>]] = [:]
    /// How many entries there are of each length.
    private var lengths = [Int](repeating: 0, count: maxPrefixBytes + 1)
    private var longest = 0

    mutating func insert(_ group: FilterGroup<Sink>) {
        for prefix in Self.prefixes(of: group) {
            guard !prefix.isEmpty else {
                unprefixed.append(group)
                continue
            }
            buckets[Self.hash(prefix), default: []].append(group)
            lengths[prefix.count] += 1
            longest = max(longest, prefix.count)
        }
    }

    mutating func remove(_ group: FilterGroup<Sink>) {
        for prefix in Self.prefixes(of: group) {
            guard !prefix.isEmpty else {
                unprefixed.removeAll { $0 === group }
                continue
            }
            let hash = Self.hash(prefix)
            buckets[hash]?.removeAll { $0 === group }
            if buckets[hash]?.isEmpty == true { buckets[hash] = nil }
            lengths[prefix.count] -= 1
        }
        while longest > 0, lengths[longest] == 0 { longest -= 1 }
    }

    /// Calls `body` with every group that could match the key, some of them more than once.
    func forEachCandidate(for key: UnsafeRawBufferPointer, _ body: (FilterGroup<Sink>) -> Void) {
        for group in unprefixed { body(group) }
        var hash = Self.seed
        for length in 1..<(min(longest, key.count) + 1) {
            hash = Self.extend(hash, key[length - 1])
            guard lengths[length] > 0, let bucket = buckets[hash] else { continue }
            for group in bucket { body(group) }
        }
    }

    private static func prefixes(of group: FilterGroup<Sink>) -> Set<ArraySlice<UInt8>> {
        let patterns = group.filter.patterns
        guard !patterns.isEmpty else { return [[]] }
        return Set(patterns.map { $0.literalPrefix.prefix(maxPrefixBytes) })
    }

    // FNV-1a: the hash of a prefix is a step on the way to the hash of the whole.
    private static var seed: UInt64 { 0xCBF2_9CE4_8422_2325 }

    private static func extend(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    private static func hash(_ prefix: ArraySlice<UInt8>) -> UInt64 {
        var hash = seed
        for byte in prefix { hash = extend(hash, byte) }
        return hash
    }
}
