// Owns the messages of `GetMulti`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.GetMultiRequest`: reads many entries.
package struct GetMultiRequest: Equatable {
    /// The keys: 1 to 1,000 by default. A key may be named twice.
    package var keys: [ByteView] = []
    /// Which levels may answer.
    package var mode = ReadMode.unspecified

    /// All fields as proto3 defaults them.
    package init() {}
}

extension GetMultiRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__get_multi_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__GetMultiRequest>) {
        keys = Array(c.pointee.n_keys, at: c.pointee.keys) { ByteView($0) }
        mode = ReadMode(rawValue: Int32(bitPattern: c.pointee.mode.rawValue))
    }

    func fill(_ c: inout Cachemanager__V1__GetMultiRequest, in arena: MessageArena) {
        c.n_keys = keys.count
        c.keys = arena.list(keys) { arena.text($0) }
        c.mode = Cachemanager__V1__ReadMode(rawValue: mode.bits)
    }
}

/// `cachemanager.v1.GetMultiResult`: one item of a batch of reads.
package struct GetMultiResult: Equatable {
    /// The key asked for.
    package var key = ByteView()
    /// OK, or why this key was not read.
    package var status: ItemStatus?
    /// The entry or the miss, when OK.
    package var entry: GetResponse?

    /// All fields as proto3 defaults them.
    package init() {}
}

extension GetMultiResult: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__get_multi_result__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__GetMultiResult>) {
        key = ByteView(c.pointee.key)
        status = ItemStatus(c.pointee.status)
        entry = GetResponse(c.pointee.entry)
    }

    func fill(_ c: inout Cachemanager__V1__GetMultiResult, in arena: MessageArena) {
        c.key = arena.text(key)
        c.status = arena.makeIfPresent(status)
        c.entry = arena.makeIfPresent(entry)
    }
}

/// `cachemanager.v1.GetMultiResponse`: one result for each key, in request order.
package struct GetMultiResponse: Equatable {
    /// One for each key, in request order.
    package var results: [GetMultiResult] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension GetMultiResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__get_multi_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__GetMultiResponse>) {
        results = Array(c.pointee.n_results, at: c.pointee.results) { GetMultiResult(element: $0) }
    }

    func fill(_ c: inout Cachemanager__V1__GetMultiResponse, in arena: MessageArena) {
        c.n_results = results.count
        c.results = arena.list(results) { arena.make($0) }
    }
}
