// One change as a server's feed tells it; a value, any thread.

package import Invalidation

/// One change, with the life of its partition that its revision counts in.
package struct FeedEvent: Sendable {
    /// The epoch of the partition.
    package let epoch: UInt64

    /// What happened, ready for the log: it owns its bytes.
    package let change: InvalidationEvent

    /// An event.
    package init(epoch: UInt64, change: InvalidationEvent) {
        self.epoch = epoch
        self.change = change
    }

    /// The partition, counted over all pools.
    package var partition: Int { change.partition }

    /// The version of the changed entry, and the event's number within its partition.
    package var revision: UInt64 { change.revision }

    /// What happened.
    package var kind: InvalidationKind { change.kind }

    /// What the change names; its bytes are valid while this event is alive.
    package var target: InvalidationTarget { change.target }

    /// Who made the change; empty where it did not say. Valid while this event is alive.
    package var writer: UnsafeRawBufferPointer { change.writer }

    /// The reason given; empty where there was none. Valid while this event is alive.
    package var cause: UnsafeRawBufferPointer { change.cause }
}
