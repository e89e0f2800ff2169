// What `watch` prints: an event, or, for programs, whatever else the stream says; a value.

import CacheManagerClient
import Console

/// One line of output.
struct WatchAnswer: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case event(Invalidations.Change)
        case subscribed(resumed: Bool)
        case progress
        case reset(ResetCause)
        case draining
    }

    var content: Content
    /// When it came.
    var time: CacheInstant
    /// In base64, where `--since` continues; nil while more of the same message follow.
    var resumeToken: String?

    /// Whether people see it on standard output; the rest is said in sentences.
    var isEvent: Bool {
        if case .event = content { true } else { false }
    }

    /// The answer that an event makes; nil when it is only remarked upon.
    init?(_ event: Invalidations.Event, now: CacheInstant) {
        switch event.content {
        case .change(let change): content = .event(change)
        case .reset(let reason): content = .reset(ResetCause(reason))
        case .state(.live(let isResumed)): content = .subscribed(resumed: isResumed)
        case .state(.idle): content = .progress
        case .state(.draining): content = .draining
        case .state(.lost): return nil
        }
        time = now
        resumeToken = event.position.map { Base64Text.encode($0.bytes) }
    }
}

extension WatchAnswer: Answer {
    var text: String {
        let said =
            switch content {
            case .event(let event): event.text
            case .subscribed(let resumed): resumed ? "subscribed resumed" : "subscribed"
            case .progress: "progress"
            case .reset(let cause): "reset      \(cause.rawValue)"
            case .draining: "draining"
            }
        return "\(time.millisecondsText) \(said)"
    }

    private enum CodingKeys: String, CodingKey {
        case type, time, resumeToken, resumed, reason
        case kind, key, pattern, tag, everything, version, originID = "originId", cause
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(time, forKey: .time)
        try container.encodeIfPresent(resumeToken, forKey: .resumeToken)
        switch content {
        case .event(let event):
            try container.encode("event", forKey: .type)
            try encode(event, to: &container)
        case .subscribed(let resumed):
            try container.encode("subscribed", forKey: .type)
            try container.encode(resumed, forKey: .resumed)
        case .progress: try container.encode("progress", forKey: .type)
        case .reset(let cause):
            try container.encode("reset", forKey: .type)
            try container.encode(cause, forKey: .reason)
        case .draining: try container.encode("draining", forKey: .type)
        }
    }

    /// A change's members stand beside the others: one flat object is easier to filter.
    private func encode(
        _ change: Invalidations.Change, to container: inout KeyedEncodingContainer<CodingKeys>
    ) throws {
        switch change.target {
        case .key(let key): try container.encode(key, forKey: .key)
        case .pattern(let pattern): try container.encode(pattern, forKey: .pattern)
        case .tag(let tag): try container.encode(tag, forKey: .tag)
        case .everything: try container.encode(true, forKey: .everything)
        case .unknown: break
        }
        try container.encode(change.kind.rawValue, forKey: .kind)
        try container.encode(change.version, forKey: .version)
        try container.encodeIfPresent(change.originID, forKey: .originID)
        try container.encodeIfPresent(change.cause, forKey: .cause)
    }
}
