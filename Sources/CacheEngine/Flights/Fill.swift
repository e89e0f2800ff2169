// Owns what callers hold of flights whose values others have, too; values, any thread.

import Synchronization

/// A value on its way into the cache from where it is shared: of a read, or of an own write.
///
/// Whoever has one brings it to its end, by `land`, `finish` or `abandon` of the engine.
package struct Fill: Sendable {
    let flight: Flight

    /// The key, namespace included.
    package var key: [UInt8] { flight.key.bytes }

    /// Says when its owner gives up, by a clock of its own.
    package func ends(at end: UInt64) { flight.end.store(end, ordering: .releasing) }
}

/// The fill of another caller, to be waited for.
package struct FillWait: Sendable {
    let flight: Flight

    /// The key, namespace included.
    package var key: [UInt8] { flight.key.bytes }

    /// When its owner gives up, by its own clock; nil: it has not said.
    package var end: UInt64? {
        let end = flight.end.load(ordering: .acquiring)
        return end == 0 ? nil : end
    }

    /// Has `waiter` called once with what came: the entry, nil where there is none, or why
    /// nobody knows. It is called on any thread, and at once if the fill has ended.
    package func whenComplete(
        _ waiter: consuming @escaping @Sendable (Result<CacheEntry?, any Error>) -> Void
    ) {
        flight.whenComplete(Flight.Waiter(call: waiter))
    }
}

/// Where a reader of a shared key finds itself.
package enum FillBoarding: Sendable {
    /// The entry is here.
    case hit(CacheEntry)
    /// Another caller reads it already.
    case joins(FillWait)
    /// The caller is to read it.
    case leads(Fill)
    /// Too many reads are under way: the caller may read, but not store.
    case refused
}
