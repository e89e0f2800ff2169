// A write that was acknowledged and is still to be sent to the shared level; a value, any thread.

package import CacheEngine

/// What is to become of a key in the shared level.
package struct PendingWrite: Sendable {
    /// The two kinds of writes that need no answer of the shared level.
    package enum Change: Sendable {
        /// The key gets this entry, until its `expiresAt`. Its version does not matter.
        case set(CacheEntry)
        /// The key's entry goes away.
        case remove
    }

    /// What a write costs the queue beside its bytes: its places in the tables.
    static let overheadBytes = 256

    /// The key, namespace included.
    package let key: [UInt8]
    /// What becomes of it.
    package let change: Change
    /// The global partition of the key: what keeps a shard's trouble apart from the others'.
    package let partition: Int
    /// Who makes the change; empty: nobody said.
    package let writer: [UInt8]

    /// A write.
    package init(key: [UInt8], change: Change, partition: Int, writer: [UInt8] = []) {
        self.key = key
        self.change = change
        self.partition = partition
        self.writer = writer
    }

    /// What the write costs the queue.
    package var costBytes: Int {
        switch change {
        case .set(let entry): Self.overheadBytes + entry.footprintBytes
        case .remove: Self.overheadBytes + key.count
        }
    }

    /// When its value is of no use any more; nil for a removal.
    var expiresAt: Timestamp? {
        if case .set(let entry) = change { entry.expiresAt } else { nil }
    }

    /// The removal of the same key.
    func removal(by writer: [UInt8]) -> PendingWrite {
        PendingWrite(key: key, change: .remove, partition: partition, writer: writer)
    }
}
