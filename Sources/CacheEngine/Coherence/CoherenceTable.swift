// Owns the words of all partitions; lock-free, any thread.

import Synchronization

/// The word that each partition has now.
final class CoherenceTable: @unchecked Sendable {  // holds: the memory holds atomics, and stays
    /// What a look at an entry's word says.
    enum Standing {
        /// It may be served.
        case current
        /// It may be right, but nobody knows: the partition is suspended.
        case suspended
        /// Its partition was reset since.
        case past
    }

    private let words: UnsafeMutablePointer<Atomic<UInt32>>
    private let count: Int

    /// - Parameter partitions: How many there are; 0 of a cache that shares with nobody.
    init(partitions: Int) {
        precondition(partitions <= CoherenceWord.maxPartitions, "too many partitions")
        count = max(1, partitions)
        words = .allocate(capacity: count)
        for index in 0..<count {
            let word = partitions == 0 ? .alone : CoherenceWord(partition: index)
            (words + index).initialize(to: Atomic(word.raw))
        }
    }

    deinit {
        words.deinitialize(count: count)
        words.deallocate()
    }

    /// The word of a partition.
    subscript(partition: Int) -> CoherenceWord {
        precondition(partition >= 0 && partition < count, "no such partition")
        return CoherenceWord(raw: words[partition].load(ordering: .acquiring))
    }

    /// Whether the partition of a word still has it. The word is of this table.
    @inline(__always)
    func holds(_ word: CoherenceWord) -> Bool {
        words[word.partition].load(ordering: .relaxed) == word.raw
    }

    func standing(of word: CoherenceWord) -> Standing {
        let now = self[word.partition]
        if now == word { return .current }
        return now == word.suspended ? .suspended : .past
    }

    /// Changes the word of a partition, whoever else changes it meanwhile.
    func change(_ partition: Int, _ body: (CoherenceWord) -> CoherenceWord) {
        var current = self[partition]
        while true {
            let (exchanged, seen) = words[partition].compareExchange(
                expected: current.raw, desired: body(current).raw, ordering: .sequentiallyConsistent
            )
            if exchanged { return }
            current = CoherenceWord(raw: seen)
        }
    }
}
