// Owns the count of evicted entries for one reason; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.EvictionStats`: entries removed from memory for room, for one reason.
package struct EvictionStats: Equatable {
    /// The policy that removed them; empty where those of a namespace are counted together.
    package var policy = ByteView()
    /// Why.
    package var reason = ByteView()
    /// How many.
    package var count: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}

    /// So many for that reason.
    package init(policy: ByteView = ByteView(), reason: ByteView, count: UInt64) {
        self.policy = policy
        self.reason = reason
        self.count = count
    }
}

extension EvictionStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__eviction_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__EvictionStats>) {
        policy = ByteView(c.pointee.policy)
        reason = ByteView(c.pointee.reason)
        count = c.pointee.count
    }

    func fill(_ c: inout Cachemanager__V1__EvictionStats, in arena: MessageArena) {
        c.policy = arena.text(policy)
        c.reason = arena.text(reason)
        c.count = count
    }
}
