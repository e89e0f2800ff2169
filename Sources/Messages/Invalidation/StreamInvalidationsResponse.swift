// Owns the answers of `StreamInvalidations`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// Why a subscriber must start afresh. Open: a number this version does not know is kept.
package struct ResetReason: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package var rawValue: Int32

    /// The value of this number, known or not.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Never sent.
    package static let unspecified = ResetReason(rawValue: 0)
    /// The history no longer holds what came after the token.
    package static let historyLost = ResetReason(rawValue: 1)
    /// The token is of another life of the cache: it was restarted or replaced.
    package static let epochChanged = ResetReason(rawValue: 2)
    /// The subscriber read too slowly, and its buffer was dropped.
    package static let slowConsumer = ResetReason(rawValue: 3)
}

/// `cachemanager.v1.StreamInvalidationsResponse`: one message of the stream.
package struct StreamInvalidationsResponse: Equatable {
    /// The position after this message: keep the last one, it is what resumes.
    package var resumeToken = ByteView()
    /// What the message says.
    package var content = Content.none

    /// What the message says.
    package enum Content: Equatable {
        case none
        case subscribed(resumed: Bool)
        case events([Event])
        case progress
        case reset(ResetReason)
        case draining(gracePeriod: ProtoDuration?)
    }

    /// All fields as proto3 defaults them.
    package init() {}
}

extension StreamInvalidationsResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__stream_invalidations_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__StreamInvalidationsResponse>) {
        resumeToken = ByteView(c.pointee.resume_token)
        switch c.pointee.content_case {
        case CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_SUBSCRIBED:
            content = .subscribed(resumed: c.pointee.subscribed.pointee.resumed != 0)
        case CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_EVENTS:
            let list = c.pointee.events.pointee
            content = .events(Array(list.n_events, at: list.events) { Event(element: $0) })
        case CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_PROGRESS:
            content = .progress
        case CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_RESET:
            let number = c.pointee.reset.pointee.reason.rawValue
            content = .reset(ResetReason(rawValue: Int32(bitPattern: number)))
        case CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_DRAINING:
            let grace = ProtoDuration(c.pointee.draining.pointee.grace_period)
            content = .draining(gracePeriod: grace)
        default:
            content = .none
        }
    }

    func fill(_ c: inout Cachemanager__V1__StreamInvalidationsResponse, in arena: MessageArena) {
        c.resume_token = arena.binary(resumeToken)
        switch content {
        case .none:
            c.content_case = CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT__NOT_SET
        case .subscribed(let resumed):
            let part = arena.zeroed(
                Cachemanager__V1__Subscribed.self, layout: cachemanager__v1__subscribed__layout())
            part.pointee.resumed = .init(resumed)
            c.content_case = CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_SUBSCRIBED
            c.subscribed = part
        case .events(let events):
            let part = arena.zeroed(
                Cachemanager__V1__Events.self, layout: cachemanager__v1__events__layout())
            part.pointee.n_events = events.count
            part.pointee.events = arena.list(events) { arena.make($0) }
            c.content_case = CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_EVENTS
            c.events = part
        case .progress:
            let part = arena.zeroed(
                Cachemanager__V1__Progress.self, layout: cachemanager__v1__progress__layout())
            c.content_case = CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_PROGRESS
            c.progress = part
        case .reset(let reason):
            let part = arena.zeroed(
                Cachemanager__V1__Reset.self, layout: cachemanager__v1__reset__layout())
            part.pointee.reason = Cachemanager__V1__ResetReason(rawValue: reason.bits)
            c.content_case = CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_RESET
            c.reset = part
        case .draining(let gracePeriod):
            let part = arena.zeroed(
                Cachemanager__V1__Draining.self, layout: cachemanager__v1__draining__layout())
            part.pointee.grace_period = arena.makeIfPresent(gracePeriod)
            c.content_case = CACHEMANAGER__V1__STREAM_INVALIDATIONS_RESPONSE__CONTENT_DRAINING
            c.draining = part
        }
    }
}
