// Which partition of the keyspace a key belongs to; a pure function, any thread.

/// The division of the keyspace into partitions, each with its own revisions.
package enum Partitioning {
    /// How many partitions there are: a constant of every deployment.
    package static let count = 256

    /// How many pools of servers a deployment has at most. Each pool has all partitions; the
    /// global number of a partition is `pool * count + partition`.
    package static let maxPools = 8

    /// The most partitions over all pools.
    package static let maxGlobalCount = count * maxPools

    /// Whether a log can have so many partitions: those of 1 to `maxPools` pools.
    static func isGlobalCount(_ number: Int) -> Bool {
        number > 0 && number <= maxGlobalCount && number.isMultiple(of: count)
    }

    /// The partition of a key, below `count`: the low eight bits of its XXH64 with seed 0. The
    /// same on every instance and in every release, for stored data and tokens depend on it.
    package static func partition(of key: UnsafeRawBufferPointer) -> Int {
        Int(truncatingIfNeeded: hash(key) & 0xFF)
    }

    /// The XXH64 with seed 0 that partitions come from.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 { XXHash64.hash(bytes) }
}
