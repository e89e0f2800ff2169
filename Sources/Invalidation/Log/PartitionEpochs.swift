// The epochs of a shared log's partitions, and who waits for the last one; guarded by the log.

/// What a log in shared mode knows of the lives of its partitions.
struct PartitionEpochs {
    /// An odd number that spreads `regressions` over the epoch's bits.
    private static let spread: UInt64 = 0x9E37_79B9_7F4A_7C15

    private var epochs: [UInt64]
    private var hasBegun: [Bool]
    private var regressions: [UInt64]
    private(set) var missing: Int
    /// Called when the last partition has begun.
    var waiting: [@Sendable () -> Void] = []

    init(partitions: Int) {
        epochs = Array(repeating: 0, count: partitions)
        hasBegun = Array(repeating: false, count: partitions)
        regressions = Array(repeating: 0, count: partitions)
        missing = partitions
    }

    /// The epoch of the whole: equal on all instances that know the same of every partition.
    var combined: UInt64 {
        epochs.withUnsafeBytes { XXHash64.hash($0) }
    }

    /// Notes in which epoch a partition goes on. Where the same epoch went back to revisions that
    /// were seen already, tokens of before must not fit what comes: the epoch is then another,
    /// for this log alone.
    mutating func begin(_ partition: Int, _ epoch: UInt64, isRegression: Bool) {
        if !hasBegun[partition] {
            hasBegun[partition] = true
            missing -= 1
        }
        if isRegression { regressions[partition] += 1 }
        let salt = regressions[partition] &* Self.spread
        epochs[partition] = (epoch &+ salt).littleEndian
    }

    /// Whether a partition goes on in the epoch that it had.
    func isCurrent(_ epoch: UInt64, of partition: Int) -> Bool {
        let salt = regressions[partition] &* Self.spread
        return hasBegun[partition] && epochs[partition] == (epoch &+ salt).littleEndian
    }
}
