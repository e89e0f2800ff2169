// What all event loops of a server share: fixed tables, and counters; any thread.

import Locks
import NIOCore
import Synchronization

/// What all loops of a server share: fixed tables, and counters that any thread may read.
package final class ServerShared: Sendable {
    let methods: MethodTable
    let limits: ServerLimits
    private let connectionCount = Atomic<Int>(0)
    /// For whoever drains the server.
    let lastDeparture = LastDeparture()
    private let rejectionCounts = Locked<[ConnectionRejection: UInt64]>([:])
    private let rejected: @Sendable (ConnectionRejection, _ detail: String?, _ peer: String) -> Void

    init(
        services: [Service], limits: ServerLimits,
        rejected:
            @escaping @Sendable (ConnectionRejection, _ detail: String?, _ peer: String) -> Void
    ) {
        methods = MethodTable(services)
        self.limits = limits
        self.rejected = rejected
    }

    /// Connections open now.
    package var connections: Int { connectionCount.load(ordering: .relaxed) }

    /// How many connections were rejected for each reason that occurred.
    package var rejections: [ConnectionRejection: UInt64] { rejectionCounts.withLock { $0 } }

    /// Takes a place for a connection; false, and counted, when there is none.
    func admit(_ peer: SocketAddress?) -> Bool {
        let count = connectionCount.wrappingAdd(1, ordering: .relaxed).newValue
        if count <= limits.connections { return true }
        connectionCount.wrappingSubtract(1, ordering: .relaxed)
        countRejection(.tooManyConnections, peer: peer)
        return false
    }

    func leave() {
        let left = connectionCount.wrappingSubtract(1, ordering: .relaxed).newValue
        // The lock inside orders the count with the look that a drain takes at it.
        if left == 0 { lastDeparture.happened() }
    }

    /// Counts a connection that was rejected, and says so. Called once for each.
    func countRejection(
        _ reason: ConnectionRejection, detail: String? = nil, peer: SocketAddress?
    ) {
        rejectionCounts.withLock { $0[reason, default: 0] += 1 }
        rejected(reason, detail, peer?.ipAddress ?? "unknown")
    }
}
