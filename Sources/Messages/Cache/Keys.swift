// Owns the messages of `Keys`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.KeysRequest`: lists the keys that match a pattern.
package struct KeysRequest: Equatable {
    /// A glob over whole keys.
    package var pattern = ByteView()
    /// At most so many keys a page: 1 to 10,000; 0 is 1,000.
    package var pageSize: Int32 = 0
    /// The `next_page_token` of the page before, asked with the same pattern.
    package var pageToken = ByteView()

    /// All fields as proto3 defaults them.
    package init() {}
}

extension KeysRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__keys_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__KeysRequest>) {
        pattern = ByteView(c.pointee.pattern)
        pageSize = c.pointee.page_size
        pageToken = ByteView(c.pointee.page_token)
    }

    func fill(_ c: inout Cachemanager__V1__KeysRequest, in arena: MessageArena) {
        c.pattern = arena.text(pattern)
        c.page_size = pageSize
        c.page_token = arena.text(pageToken)
    }
}

/// `cachemanager.v1.KeysResponse`: one page of keys.
package struct KeysResponse: Equatable {
    /// The keys, in no particular order. A page may be short, even empty, before the end.
    package var keys: [ByteView] = []
    /// Asks for the next page; empty at the end.
    package var nextPageToken = ByteView()

    /// All fields as proto3 defaults them.
    package init() {}
}

extension KeysResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__keys_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__KeysResponse>) {
        keys = Array(c.pointee.n_keys, at: c.pointee.keys) { ByteView($0) }
        nextPageToken = ByteView(c.pointee.next_page_token)
    }

    func fill(_ c: inout Cachemanager__V1__KeysResponse, in arena: MessageArena) {
        c.n_keys = keys.count
        c.keys = arena.list(keys) { arena.text($0) }
        c.next_page_token = arena.text(nextPageToken)
    }
}
