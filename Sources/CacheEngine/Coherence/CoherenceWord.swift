// Which state of a partition an entry belongs to; a value, usable on every thread.

/// A partition, how often it was reset, and whether its entries are suspended.
///
/// An entry keeps the word that its partition had when its bytes were about to be read. It is
/// served while the partition still has that word: so a reset costs one store, and none of the
/// partition's entries is looked for. 0 is the word of what is not shared.
package struct CoherenceWord: Hashable, Sendable {
    /// How many bits of a word say which partition it is of.
    static let partitionBits: UInt32 = 11
    /// The most partitions.
    package static let maxPartitions = 1 << Int(partitionBits)
    /// Of what is not shared.
    static let alone = CoherenceWord(raw: 0)

    private static let suspendedBit: UInt32 = 1 << 31
    /// 2²⁰ resets: none of an entry's life sees them all.
    private static let generations: UInt32 = 1 << (31 - partitionBits)

    let raw: UInt32

    init(raw: UInt32) { self.raw = raw }

    /// The first word of a partition; never 0.
    init(partition: Int) { raw = Self.raw(partition: UInt32(partition), generation: 1) }

    var partition: Int { Int(raw & (UInt32(Self.maxPartitions) - 1)) }

    /// Whether nothing of the partition may be served, nor stored.
    package var isSuspended: Bool { raw & Self.suspendedBit != 0 }

    /// The word after a reset.
    var reset: CoherenceWord {
        let generation = (raw & ~Self.suspendedBit) >> Self.partitionBits
        let next = max(1, (generation + 1) % Self.generations)
        let fresh = Self.raw(partition: UInt32(partition), generation: next)
        return CoherenceWord(raw: fresh | raw & Self.suspendedBit)
    }

    /// The same word, suspended.
    var suspended: CoherenceWord { CoherenceWord(raw: raw | Self.suspendedBit) }

    /// The same word, not suspended.
    var resumed: CoherenceWord { CoherenceWord(raw: raw & ~Self.suspendedBit) }

    private static func raw(partition: UInt32, generation: UInt32) -> UInt32 {
        generation << partitionBits | partition
    }
}
