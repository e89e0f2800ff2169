// How far a removal has come; any thread.

import Synchronization

/// The progress of one removal, for others to look at while it runs.
package final class RemovalProgress: Sendable {
    private let scannedKeys = Atomic<Int>(0)
    private let removedEntries = Atomic<Int>(0)

    /// Nothing yet.
    package init() {}

    /// How many keys were looked at.
    package var scanned: Int { scannedKeys.load(ordering: .relaxed) }

    /// How many entries were removed.
    package var removed: Int { removedEntries.load(ordering: .relaxed) }

    func addScanned(_ count: Int) { scannedKeys.wrappingAdd(count, ordering: .relaxed) }
    func addRemoved(_ count: Int) { removedEntries.wrappingAdd(count, ordering: .relaxed) }
}
