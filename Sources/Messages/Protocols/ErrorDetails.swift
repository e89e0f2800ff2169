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

/// `google.rpc.BadRequest`: which fields of a request are wrong.
package struct BadRequest: Equatable {
    /// Every wrong field that was found.
    package var fieldViolations: [FieldViolation] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension BadRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        google__rpc__bad_request__layout()
    }

    init(_ c: UnsafePointer<Google__Rpc__BadRequest>) {
        fieldViolations = Array(c.pointee.n_field_violations, at: c.pointee.field_violations) {
            FieldViolation(element: $0)
        }
    }

    func fill(_ c: inout Google__Rpc__BadRequest, in arena: MessageArena) {
        c.n_field_violations = fieldViolations.count
        c.field_violations = arena.list(fieldViolations) { arena.make($0) }
    }
}

/// `google.rpc.BadRequest.FieldViolation`: one wrong field.
package struct FieldViolation: Equatable {
    /// The path of the field: `entries[3].key`.
    package var field = ByteView()
    /// What is wrong with it and what is allowed.
    package var description = ByteView()

    /// All fields as proto3 defaults them.
    package init() {}
}

extension FieldViolation: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        google__rpc__bad_request__field_violation__layout()
    }

    init(_ c: UnsafePointer<Google__Rpc__BadRequest__FieldViolation>) {
        field = ByteView(c.pointee.field)
        description = ByteView(c.pointee.description)
    }

    func fill(_ c: inout Google__Rpc__BadRequest__FieldViolation, in arena: MessageArena) {
        c.field = arena.text(field)
        c.description = arena.text(description)
    }
}
