// Which of the 256 partitions are meant; a value, any thread.

import Invalidation

/// A set of partitions.
package struct RedisPartitionSet: Hashable, Sendable {
    private static let wordBits = 64

    // One bit for each. Not a SIMD4: it wants more alignment than frames of async functions have.
    private var words = [UInt64](repeating: 0, count: Partitioning.count / wordBits)

    /// No partition.
    package init() {}

    /// Every partition.
    package static let all: RedisPartitionSet = {
        var set = RedisPartitionSet()
        for partition in 0..<Partitioning.count { set.insert(partition) }
        return set
    }()

    /// Whether a partition is in it.
    package func contains(_ partition: Int) -> Bool {
        words[partition / Self.wordBits] & (1 << UInt64(partition % Self.wordBits)) != 0
    }

    /// Adds a partition.
    package mutating func insert(_ partition: Int) {
        words[partition / Self.wordBits] |= 1 << UInt64(partition % Self.wordBits)
    }

    /// Whether it has no partition in common with another.
    package func isDisjoint(with other: RedisPartitionSet) -> Bool {
        zip(words, other.words).allSatisfy { $0 & $1 == 0 }
    }

    /// How many there are.
    package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Whether there is none.
    package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// The partitions, rising.
    package var partitions: [Int] { (0..<Partitioning.count).filter(contains) }
}
