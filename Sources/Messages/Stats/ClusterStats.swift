// Owns the state of a Redis Cluster; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.ClusterStats`: a Redis Cluster, as its nodes see it.
package struct ClusterStats: Equatable {
    /// The pool it is.
    package var pool = ByteView()
    /// `ok`, or `fail` where it does not serve every slot.
    package var state = ByteView()
    /// Nodes it knows: masters and replicas.
    package var knownNodes: UInt32 = 0
    /// Those of them that are reachable for the others.
    package var healthyNodes: UInt32 = 0
    /// Slots that are served.
    package var slotsOk: UInt32 = 0
    /// Slots there are.
    package var slotsTotal: UInt32 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension ClusterStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__cluster_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__ClusterStats>) {
        pool = ByteView(c.pointee.pool)
        state = ByteView(c.pointee.state)
        knownNodes = c.pointee.known_nodes
        healthyNodes = c.pointee.healthy_nodes
        slotsOk = c.pointee.slots_ok
        slotsTotal = c.pointee.slots_total
    }

    func fill(_ c: inout Cachemanager__V1__ClusterStats, in arena: MessageArena) {
        c.pool = arena.text(pool)
        c.state = arena.text(state)
        c.known_nodes = knownNodes
        c.healthy_nodes = healthyNodes
        c.slots_ok = slotsOk
        c.slots_total = slotsTotal
    }
}
