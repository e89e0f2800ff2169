// What `watch` says about its own state, on standard error; a value.

import CacheManagerClient

/// One sentence for people; under `--json` an object with a stable name.
enum WatchRemark: Equatable, Sendable {
    /// The first subscription is live.
    case watching
    /// It continues where it was, with nothing lost.
    case resumed
    /// Something was lost.
    case reset(ResetCause)
    /// The server is going away.
    case draining
    /// The connection is gone.
    case lost(String)

    /// What programs tell remarks apart by.
    private var name: String {
        switch self {
        case .watching: "watching"
        case .resumed: "resumed"
        case .reset: "reset"
        case .draining: "draining"
        case .lost: "lost"
        }
    }

    /// A sentence, to follow the program's name.
    var sentence: String {
        switch self {
        case .watching: "watching; Ctrl-C ends it"
        case .resumed: "resumed: nothing was lost"
        case .reset(let cause):
            "reset: \(cause.sentence); forget what you hold of these keys, changes were lost"
        case .draining: "draining: the server is going away; connecting again"
        case .lost(let problem): "lost the connection: \(problem); connecting again"
        }
    }
}

extension WatchRemark: Encodable {
    private enum CodingKeys: String, CodingKey { case name = "remark", sentence = "message" }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(sentence, forKey: .sentence)
    }
}

/// Why a watcher must start afresh.
enum ResetCause: String, Equatable, Sendable, Encodable {
    case historyLost = "history_lost"
    case epochChanged = "epoch_changed"
    case slowConsumer = "slow_consumer"
    case unknown

    init(_ reason: Invalidations.ResetReason) {
        self =
            switch reason {
            case .historyLost: .historyLost
            case .epochChanged: .epochChanged
            case .slowConsumer: .slowConsumer
            case .unknown: .unknown
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
