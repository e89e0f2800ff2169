// How far a reader of the log has come; a plain value, any thread.

/// A revision for every partition, in one life of the log.
package struct Position: Equatable, Sendable {
    /// Which life of the log the revisions count in.
    package let epoch: UInt64

    /// The last revision seen of each partition of the log.
    package var revisions: [UInt64]

    /// A position; `revisions` has one number for each partition: a multiple of
    /// `Partitioning.count`, at most `Partitioning.maxGlobalCount`.
    package init(epoch: UInt64, revisions: [UInt64]) {
        precondition(Partitioning.isGlobalCount(revisions.count))
        self.epoch = epoch
        self.revisions = revisions
    }

    /// Whether no partition is further than in `other`, which has as many.
    func isCovered(by other: Position) -> Bool {
        for partition in revisions.indices
        where revisions[partition] > other.revisions[partition] {
            return false
        }
        return true
    }
}
