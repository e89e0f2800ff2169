// Owns the status of one item of a batch; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.ItemStatus`: the outcome of one item of a batch.
package struct ItemStatus: Equatable {
    /// A `google.rpc.Code`; 0 is OK.
    package var code: Int32 = 0
    /// What is wrong and what to do; empty when OK.
    package var message = ByteView()
    /// The stable reason, as `ErrorInfo.reason` has it; empty when OK.
    package var reason = ByteView()

    /// All fields as proto3 defaults them.
    package init() {}
}

extension ItemStatus: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__item_status__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__ItemStatus>) {
        code = c.pointee.code
        message = ByteView(c.pointee.message)
        reason = ByteView(c.pointee.reason)
    }

    func fill(_ c: inout Cachemanager__V1__ItemStatus, in arena: MessageArena) {
        c.code = code
        c.message = arena.text(message)
        c.reason = arena.text(reason)
    }
}
