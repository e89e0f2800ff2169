// Owns one change as subscribers are told it; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// What happened to what an event names. Open: a number this version does not know is kept.
package struct EventKind: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package var rawValue: Int32

    /// The value of this number, known or not.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Never sent.
    package static let unspecified = EventKind(rawValue: 0)
    /// A value was written.
    package static let set = EventKind(rawValue: 1)
    /// The entry was removed by Delete.
    package static let delete = EventKind(rawValue: 2)
    /// The entry got a new time to live; its value is the same.
    package static let touch = EventKind(rawValue: 3)
    /// The entry reached the end of its time to live.
    package static let expire = EventKind(rawValue: 4)
    /// Invalidate removed it: by key, by pattern, by tag, or everything.
    package static let invalidate = EventKind(rawValue: 5)
}

/// What an event names.
package enum EventTarget: Equatable {
    case none
    case key(ByteView)
    case pattern(ByteView)
    case tag(ByteView)
    case everything(Bool)
}

/// `cachemanager.v1.Event`: one change.
package struct Event: Equatable {
    /// What happened.
    package var kind = EventKind.unspecified
    /// The version of the change: it is the entry's version from now on.
    package var version: UInt64 = 0
    /// Who made the change, where it said so.
    package var originId = ByteView()
    /// The `reason` given to Invalidate.
    package var cause = ByteView()
    /// What the event names.
    package var target = EventTarget.none

    /// All fields as proto3 defaults them.
    package init() {}
}

extension Event: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__event__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__Event>) {
        kind = EventKind(rawValue: Int32(bitPattern: c.pointee.kind.rawValue))
        version = c.pointee.version
        originId = ByteView(c.pointee.origin_id)
        cause = ByteView(c.pointee.cause)
        switch c.pointee.target_case {
        case CACHEMANAGER__V1__EVENT__TARGET_KEY: target = .key(ByteView(c.pointee.key))
        case CACHEMANAGER__V1__EVENT__TARGET_PATTERN: target = .pattern(ByteView(c.pointee.pattern))
        case CACHEMANAGER__V1__EVENT__TARGET_TAG: target = .tag(ByteView(c.pointee.tag))
        case CACHEMANAGER__V1__EVENT__TARGET_EVERYTHING:
            target = .everything(c.pointee.everything != 0)
        default: target = .none
        }
    }

    func fill(_ c: inout Cachemanager__V1__Event, in arena: MessageArena) {
        c.kind = Cachemanager__V1__EventKind(rawValue: kind.bits)
        c.version = version
        c.origin_id = arena.text(originId)
        c.cause = arena.text(cause)
        switch target {
        case .none:
            c.target_case = CACHEMANAGER__V1__EVENT__TARGET__NOT_SET
        case .key(let key):
            c.target_case = CACHEMANAGER__V1__EVENT__TARGET_KEY
            c.key = arena.text(key)
        case .pattern(let pattern):
            c.target_case = CACHEMANAGER__V1__EVENT__TARGET_PATTERN
            c.pattern = arena.text(pattern)
        case .tag(let tag):
            c.target_case = CACHEMANAGER__V1__EVENT__TARGET_TAG
            c.tag = arena.text(tag)
        case .everything(let holds):
            c.target_case = CACHEMANAGER__V1__EVENT__TARGET_EVERYTHING
            c.everything = .init(holds)
        }
    }
}
