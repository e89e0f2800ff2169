// Owns the look-up of a key's namespace; immutable, any thread.

/// The names of the configured namespaces: which of them a key belongs to.
package struct NamespaceNames: Sendable {
    private let names: [[UInt8]]
    private let longestName: Int
    private let buckets: [UInt16]  // number of a name, 0: empty

    /// Names, which are unique. The first has the number 1.
    package init(_ names: [String]) {
        self.names = names.map { Array($0.utf8) }
        longestName = names.map(\.utf8.count).max() ?? -1
        buckets = Self.buckets(of: self.names)
    }

    /// The number of the namespace of `key`; 0 where none of them is it.
    package func index(of key: UnsafeRawBufferPointer) -> Int {
        var end = 0
        let last = min(longestName, key.count - 1)
        var hash = Self.hashStart
        while end <= last {
            let byte = key[end]
            if byte == UInt8(ascii: ":") {
                return find(UnsafeRawBufferPointer(rebasing: key[..<end]), hash: hash)
            }
            hash = Self.hash(hash, byte)
            end += 1
        }
        return 0
    }

    private func find(_ name: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        var bucket = Int(truncatingIfNeeded: hash) & (buckets.count - 1)
        while buckets[bucket] != 0 {
            let number = Int(buckets[bucket])
            if names[number - 1].elementsEqual(name) { return number }
            bucket = (bucket + 1) & (buckets.count - 1)
        }
        return 0
    }

    private static func buckets(of names: [[UInt8]]) -> [UInt16] {
        var count = 4
        while count < 4 * (names.count + 1) { count *= 2 }
        var buckets = [UInt16](repeating: 0, count: count)
        for (index, name) in names.enumerated() {
            let hash = name.reduce(hashStart) { Self.hash($0, $1) }
            var bucket = Int(truncatingIfNeeded: hash) & (count - 1)
            while buckets[bucket] != 0 { bucket = (bucket + 1) & (count - 1) }
            buckets[bucket] = UInt16(index + 1)
        }
        return buckets
    }

    // FNV-1a: the names are the operator's, so nobody can choose them to collide.
    private static let hashStart: UInt64 = 0xcbf2_9ce4_8422_2325

    private static func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
}
