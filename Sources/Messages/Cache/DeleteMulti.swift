// Owns the messages of `DeleteMulti`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.DeleteMultiRequest`: removes many entries.
package struct DeleteMultiRequest: Equatable {
    /// The keys: 1 to 1,000 by default.
    package var keys: [ByteView] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension DeleteMultiRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__delete_multi_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__DeleteMultiRequest>) {
        keys = Array(c.pointee.n_keys, at: c.pointee.keys) { ByteView($0) }
    }

    func fill(_ c: inout Cachemanager__V1__DeleteMultiRequest, in arena: MessageArena) {
        c.n_keys = keys.count
        c.keys = arena.list(keys) { arena.text($0) }
    }
}

/// `cachemanager.v1.DeleteMultiResult`: one item of a batch of removals.
package struct DeleteMultiResult: Equatable {
    /// The key to remove.
    package var key = ByteView()
    /// OK, or why this key was refused.
    package var status: ItemStatus?
    /// The outcome, when OK.
    package var outcome: DeleteResponse?

    /// All fields as proto3 defaults them.
    package init() {}
}

extension DeleteMultiResult: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__delete_multi_result__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__DeleteMultiResult>) {
        key = ByteView(c.pointee.key)
        status = ItemStatus(c.pointee.status)
        outcome = DeleteResponse(c.pointee.outcome)
    }

    func fill(_ c: inout Cachemanager__V1__DeleteMultiResult, in arena: MessageArena) {
        c.key = arena.text(key)
        c.status = arena.makeIfPresent(status)
        c.outcome = arena.makeIfPresent(outcome)
    }
}

/// `cachemanager.v1.DeleteMultiResponse`: one result for each key, in request order.
package struct DeleteMultiResponse: Equatable {
    /// One for each key, in request order.
    package var results: [DeleteMultiResult] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension DeleteMultiResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__delete_multi_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__DeleteMultiResponse>) {
        results = Array(c.pointee.n_results, at: c.pointee.results) {
            DeleteMultiResult(element: $0)
        }
    }

    func fill(_ c: inout Cachemanager__V1__DeleteMultiResponse, in arena: MessageArena) {
        c.n_results = results.count
        c.results = arena.list(results) { arena.make($0) }
    }
}
