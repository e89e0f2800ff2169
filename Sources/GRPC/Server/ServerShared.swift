// What all event loops of a server share: fixed tables, and counters; any thread.

import Synchronization

/// What all loops of a server share: fixed tables, and counters that any thread may read.
package final class ServerShared: Sendable {
    let methods: MethodTable
    let limits: ServerLimits
    private let connectionCount = Atomic<Int>(0)
    private let refusedCount = Atomic<UInt64>(0)
    private let refused: @Sendable (UInt64) -> Void

    init(
        services: [Service], limits: ServerLimits, refused: @escaping @Sendable (UInt64) -> Void
    ) {
        methods = MethodTable(services)
        self.limits = limits
        self.refused = refused
    }

    /// Connections open now.
    package var connections: Int { connectionCount.load(ordering: .relaxed) }

    /// Connections closed at once because there were too many.
    package var refusedConnections: UInt64 { refusedCount.load(ordering: .relaxed) }

    /// Takes a place for a connection; false, and counted, when there is none.
    func admit() -> Bool {
        let count = connectionCount.wrappingAdd(1, ordering: .relaxed).newValue
        if count <= limits.connections { return true }
        connectionCount.wrappingSubtract(1, ordering: .relaxed)
        refused(refusedCount.wrappingAdd(1, ordering: .relaxed).newValue)
        return false
    }

    func leave() { connectionCount.wrappingSubtract(1, ordering: .relaxed) }
}
