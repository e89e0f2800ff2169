// Reads the messages of the stream, apart from the memory they came in; pure functions.

import Messages

/// A position, and what brought the stream there.
struct WatchMessage: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case subscribed(resumed: Bool)
        case changes([Invalidations.Change])
        case progress
        case reset(Invalidations.ResetReason)
        case draining
        /// Something that a later version of the server may say.
        case unknown
    }

    /// The position after this message.
    var resumeToken: [UInt8]
    var content: Content

    init(resumeToken: [UInt8], _ content: Content) {
        self.resumeToken = resumeToken
        self.content = content
    }

    init(_ response: StreamInvalidationsResponse) {
        resumeToken = response.resumeToken.array
        content =
            switch response.content {
            case .subscribed(let resumed): .subscribed(resumed: resumed)
            case .events(let events): .changes(events.map(Invalidations.Change.init))
            case .progress: .progress
            case .reset(let reason): .reset(Invalidations.ResetReason(reason))
            case .draining: .draining
            case .none: .unknown
            }
    }

    /// What it tells the caller. Only the last change of a message carries the position: it is
    /// behind all of them, and whoever stopped at an earlier one would miss the others.
    var events: [Invalidations.Event] {
        let position =
            resumeToken.isEmpty ? nil : Invalidations.Position(bytes: resumeToken)
        func one(_ content: Invalidations.Event.Content) -> [Invalidations.Event] {
            [Invalidations.Event(content: content, position: position)]
        }
        switch content {
        case .subscribed(let resumed): return one(.state(.live(resumed: resumed)))
        case .progress: return one(.state(.idle))
        case .reset(let reason): return one(.reset(reason))
        case .draining: return one(.state(.draining))
        case .unknown: return []
        case .changes(let changes):
            return changes.enumerated().map { index, change in
                Invalidations.Event(
                    content: .change(change),
                    position: index == changes.count - 1 ? position : nil)
            }
        }
    }
}

extension Invalidations.Change {
    init(_ event: Messages.Event) {
        target =
            switch event.target {
            case .key(let key): .key(key.string)
            case .pattern(let pattern): .pattern(pattern.string)
            case .tag(let tag): .tag(tag.string)
            case .everything: .everything
            case .none: .unknown
            }
        kind = Self.kinds[event.kind] ?? .unknown
        version = event.version
        originID = event.originId.isEmpty ? nil : event.originId.string
        cause = event.cause.isEmpty ? nil : event.cause.string
    }

    private static let kinds: [EventKind: Kind] = [
        .set: .set, .delete: .delete, .touch: .touch, .expire: .expire, .invalidate: .invalidate,
    ]
}

extension Invalidations.ResetReason {
    init(_ reason: ResetReason) {
        self =
            switch reason {
            case .historyLost: .historyLost
            case .epochChanged: .epochChanged
            case .slowConsumer: .slowConsumer
            default: .unknown
            }
    }
}
