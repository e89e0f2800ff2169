// What `watch` prints: an event, or, for programs, whatever else the stream says; a value.

/// One line of output.
struct WatchAnswer: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case event(WatchEvent)
        case subscribed(resumed: Bool)
        case progress
        case reset(ResetCause)
        case draining
    }

    var content: Content
    /// When it came.
    var time: Moment
    /// In base64, where `--since` continues; nil while more of the same message follow.
    var resumeToken: String?

    /// Whether people see it on standard output; the rest is said in sentences.
    var isEvent: Bool {
        if case .event = content { true } else { false }
    }

    /// The answers that a message makes.
    static func all(of message: WatchMessage, now: Moment) -> [WatchAnswer] {
        let token = Base64Text.encode(message.resumeToken)
        func one(_ content: Content) -> [WatchAnswer] {
            [WatchAnswer(content: content, time: now, resumeToken: token)]
        }
        switch message.content {
        case .subscribed(let resumed): return one(.subscribed(resumed: resumed))
        case .progress: return one(.progress)
        case .reset(let cause): return one(.reset(cause))
        case .draining: return one(.draining)
        case .unknown: return []
        case .events(let events):
            // The token is the position after all of them: whoever stopped at an earlier event
            // and went on from here would miss the others.
            return events.enumerated().map { index, event in
                WatchAnswer(
                    content: .event(event), time: now,
                    resumeToken: index == events.count - 1 ? token : nil)
            }
        }
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

    /// An event's members stand beside the others: one flat object is easier to filter.
    private func encode(
        _ event: WatchEvent, to container: inout KeyedEncodingContainer<CodingKeys>
    ) throws {
        switch event.target {
        case .key(let key): try container.encode(key, forKey: .key)
        case .pattern(let pattern): try container.encode(pattern, forKey: .pattern)
        case .tag(let tag): try container.encode(tag, forKey: .tag)
        case .everything: try container.encode(true, forKey: .everything)
        case .unknown: break
        }
        try container.encode(event.kind, forKey: .kind)
        try container.encode(event.version, forKey: .version)
        if !event.originID.isEmpty { try container.encode(event.originID, forKey: .originID) }
        if !event.cause.isEmpty { try container.encode(event.cause, forKey: .cause) }
    }
}
