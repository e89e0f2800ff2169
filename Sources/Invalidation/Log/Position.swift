// How far a reader of the log has come; a plain value, any thread.

/// A revision for every partition, in one life of the log.
package struct Position: Equatable, Sendable {
    /// Which life of the log the revisions count in.
    package let epoch: UInt64

    /// The last revision seen of each partition; `Partitioning.count` of them.
    package var revisions: [UInt64]

    /// A position; `revisions` has one number for each partition.
    package init(epoch: UInt64, revisions: [UInt64]) {
        precondition(revisions.count == Partitioning.count)
        self.epoch = epoch
        self.revisions = revisions
    }

    /// Whether no partition is further than in `other`.
    func isCovered(by other: Position) -> Bool {
        for partition in 0..<Partitioning.count
        where revisions[partition] > other.revisions[partition] {
            return false
        }
        return true
    }
}
