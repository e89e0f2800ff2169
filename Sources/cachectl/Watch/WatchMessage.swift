// One message of the stream of invalidations, apart from the memory it was read from; a value.

import Messages

/// A position, and what brought the stream there.
struct WatchMessage: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case subscribed(resumed: Bool)
        case events([WatchEvent])
        case progress
        case reset(ResetCause)
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
            case .events(let events): .events(events.map(WatchEvent.init))
            case .progress: .progress
            case .reset(let reason): .reset(ResetCause(reason))
            case .draining: .draining
            case .none: .unknown
            }
    }
}

/// Why a watcher must start afresh.
enum ResetCause: String, Equatable, Sendable, Encodable {
    case historyLost = "history_lost"
    case epochChanged = "epoch_changed"
    case slowConsumer = "slow_consumer"
    case unknown

    init(_ reason: ResetReason) {
        self =
            switch reason {
            case .historyLost: .historyLost
            case .epochChanged: .epochChanged
            case .slowConsumer: .slowConsumer
            default: .unknown
            }
    }

    /// The end of a sentence that begins with "reset: ".
    var sentence: String {
        switch self {
        case .historyLost: "the server no longer keeps what came in between"
        case .epochChanged: "the server was restarted or replaced"
        case .slowConsumer: "the events came faster than they were read"
        case .unknown: "the server did not say why"
        }
    }
}
