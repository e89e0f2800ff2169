// Owns what the details of an error may be; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `google.rpc.ErrorInfo`: why a call failed.
package struct ErrorInfo: Equatable {
    /// A stable name of the cause, in UPPER_SNAKE_CASE; unique within `domain`.
    package var reason = ByteView()
    /// Who defines the reason.
    package var domain = ByteView()
    /// What the cause was about: names and limits, never values or tokens.
    package var metadata: [MetadataPair] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension ErrorInfo: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        google__rpc__error_info__layout()
    }

    init(_ c: UnsafePointer<Google__Rpc__ErrorInfo>) {
        reason = ByteView(c.pointee.reason)
        domain = ByteView(c.pointee.domain)
        metadata = Array(c.pointee.n_metadata, at: c.pointee.metadata) { MetadataPair($0) }
    }

    func fill(_ c: inout Google__Rpc__ErrorInfo, in arena: MessageArena) {
        c.reason = arena.text(reason)
        c.domain = arena.text(domain)
        c.n_metadata = metadata.count
        c.metadata = arena.list(metadata) { $0.entry(in: arena) }
    }
}

/// `google.rpc.RetryInfo`: when trying again may help.
package struct RetryInfo: Equatable {
    /// How long to wait before.
    package var retryDelay: ProtoDuration?

    /// All fields as proto3 defaults them.
    package init() {}
}

extension RetryInfo: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        google__rpc__retry_info__layout()
    }

    init(_ c: UnsafePointer<Google__Rpc__RetryInfo>) {
        retryDelay = ProtoDuration(c.pointee.retry_delay)
    }

    func fill(_ c: inout Google__Rpc__RetryInfo, in arena: MessageArena) {
        c.retry_delay = arena.makeIfPresent(retryDelay)
    }
}
