// Owns the messages of `SetMulti`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.SetMultiRequest`: writes many entries.
package struct SetMultiRequest: Equatable {
    /// The writes: 1 to 1,000 by default.
    package var entries: [SetRequest] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension SetMultiRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__set_multi_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__SetMultiRequest>) {
        entries = Array(c.pointee.n_entries, at: c.pointee.entries) { SetRequest(element: $0) }
    }

    func fill(_ c: inout Cachemanager__V1__SetMultiRequest, in arena: MessageArena) {
        c.n_entries = entries.count
        c.entries = arena.list(entries) { arena.make($0) }
    }
}

/// `cachemanager.v1.SetMultiResult`: one item of a batch of writes.
package struct SetMultiResult: Equatable {
    /// The key of the write.
    package var key = ByteView()
    /// OK, or why this entry was refused.
    package var status: ItemStatus?
    /// The outcome, when OK.
    package var outcome: SetResponse?

    /// All fields as proto3 defaults them.
    package init() {}
}

extension SetMultiResult: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__set_multi_result__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__SetMultiResult>) {
        key = ByteView(c.pointee.key)
        status = ItemStatus(c.pointee.status)
        outcome = SetResponse(c.pointee.outcome)
    }

    func fill(_ c: inout Cachemanager__V1__SetMultiResult, in arena: MessageArena) {
        c.key = arena.text(key)
        c.status = arena.makeIfPresent(status)
        c.outcome = arena.makeIfPresent(outcome)
    }
}

/// `cachemanager.v1.SetMultiResponse`: one result for each entry, in request order.
package struct SetMultiResponse: Equatable {
    /// One for each entry, in request order.
    package var results: [SetMultiResult] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension SetMultiResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__set_multi_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__SetMultiResponse>) {
        results = Array(c.pointee.n_results, at: c.pointee.results) { SetMultiResult(element: $0) }
    }

    func fill(_ c: inout Cachemanager__V1__SetMultiResponse, in arena: MessageArena) {
        c.n_results = results.count
        c.results = arena.list(results) { arena.make($0) }
    }
}
