// Owns the count of rejected connections for one reason; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.RejectedConnections`: how many connections were rejected for one reason.
package struct RejectedConnections: Equatable {
    /// The reason's name.
    package var reason = ByteView()
    /// How many.
    package var count: UInt64 = 0

    /// All fields as proto3 defaults them.
    package init() {}

    /// So many for that reason.
    package init(_ reason: ByteView, count: UInt64) {
        self.reason = reason
        self.count = count
    }
}

extension RejectedConnections: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__rejected_connections__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__RejectedConnections>) {
        reason = ByteView(c.pointee.reason)
        count = c.pointee.count
    }

    func fill(_ c: inout Cachemanager__V1__RejectedConnections, in arena: MessageArena) {
        c.reason = arena.text(reason)
        c.count = count
    }
}
