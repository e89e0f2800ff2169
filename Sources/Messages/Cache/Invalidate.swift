// Owns the messages of `Invalidate`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.InvalidateRequest`: removes what a selector names.
package struct InvalidateRequest: Equatable {
    /// Free text for the subscribers, at most 256 bytes: it is the events' `cause`.
    package var reason = ByteView()
    /// What to remove; the service wants exactly one.
    package var selector = Selector.none

    /// What to remove.
    package enum Selector: Equatable {
        case none
        case keys([ByteView])
        case pattern(ByteView)
        case tag(ByteView)
        case everything(Bool)
    }

    /// All fields as proto3 defaults them.
    package init() {}
}

extension InvalidateRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__invalidate_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__InvalidateRequest>) {
        reason = ByteView(c.pointee.reason)
        switch c.pointee.selector_case {
        case CACHEMANAGER__V1__INVALIDATE_REQUEST__SELECTOR_KEYS:
            let list = c.pointee.keys.pointee
            selector = .keys(Array(list.n_keys, at: list.keys) { ByteView($0) })
        case CACHEMANAGER__V1__INVALIDATE_REQUEST__SELECTOR_PATTERN:
            selector = .pattern(ByteView(c.pointee.pattern))
        case CACHEMANAGER__V1__INVALIDATE_REQUEST__SELECTOR_TAG:
            selector = .tag(ByteView(c.pointee.tag))
        case CACHEMANAGER__V1__INVALIDATE_REQUEST__SELECTOR_EVERYTHING:
            selector = .everything(c.pointee.everything != 0)
        default:
            selector = .none
        }
    }

    func fill(_ c: inout Cachemanager__V1__InvalidateRequest, in arena: MessageArena) {
        c.reason = arena.text(reason)
        switch selector {
        case .none:
            c.selector_case = CACHEMANAGER__V1__INVALIDATE_REQUEST__SELECTOR__NOT_SET
        case .keys(let keys):
            let list = arena.zeroed(
                Cachemanager__V1__KeyList.self, layout: cachemanager__v1__key_list__layout())
            list.pointee.n_keys = keys.count
            list.pointee.keys = arena.list(keys) { arena.text($0) }
            c.selector_case = CACHEMANAGER__V1__INVALIDATE_REQUEST__SELECTOR_KEYS
            c.keys = list
        case .pattern(let pattern):
            c.selector_case = CACHEMANAGER__V1__INVALIDATE_REQUEST__SELECTOR_PATTERN
            c.pattern = arena.text(pattern)
        case .tag(let tag):
            c.selector_case = CACHEMANAGER__V1__INVALIDATE_REQUEST__SELECTOR_TAG
            c.tag = arena.text(tag)
        case .everything(let holds):
            c.selector_case = CACHEMANAGER__V1__INVALIDATE_REQUEST__SELECTOR_EVERYTHING
            c.everything = .init(holds)
        }
    }
}

/// `cachemanager.v1.InvalidateResponse`: the outcome of an invalidation.
package struct InvalidateResponse: Equatable {
    /// How many entries were removed.
    package var invalidated: Int64 = 0
    /// Whether every entry that was selected is gone.
    package var success = false
    /// A position right after the invalidation: a subscriber whose `resume_token` is this one has
    /// nothing of it still to come.
    package var revisionToken = ByteView()

    /// All fields as proto3 defaults them.
    package init() {}
}

extension InvalidateResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__invalidate_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__InvalidateResponse>) {
        invalidated = c.pointee.invalidated
        success = c.pointee.success != 0
        revisionToken = ByteView(c.pointee.revision_token)
    }

    func fill(_ c: inout Cachemanager__V1__InvalidateResponse, in arena: MessageArena) {
        c.invalidated = invalidated
        c.success = .init(success)
        c.revision_token = arena.binary(revisionToken)
    }
}
