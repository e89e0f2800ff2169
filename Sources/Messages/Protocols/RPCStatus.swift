// Owns the error that `grpc-status-details-bin` carries; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `google.rpc.Status`: an error with details for programs.
package struct RPCStatus: Equatable {
    /// A `google.rpc.Code`; 0 is OK.
    package var code: Int32 = 0
    /// What is wrong and what to do.
    package var message = ByteView()
    /// More for programs: an `ErrorInfo` always, a `RetryInfo` where a retry helps.
    package var details: [AnyMessage] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension RPCStatus: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        google__rpc__status__layout()
    }

    init(_ c: UnsafePointer<Google__Rpc__Status>) {
        code = c.pointee.code
        message = ByteView(c.pointee.message)
        details = Array(c.pointee.n_details, at: c.pointee.details) { AnyMessage(element: $0) }
    }

    func fill(_ c: inout Google__Rpc__Status, in arena: MessageArena) {
        c.code = code
        c.message = arena.text(message)
        c.n_details = details.count
        c.details = arena.list(details) { arena.make($0) }
    }
}
