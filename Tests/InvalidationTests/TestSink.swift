// A stream that exists in memory only.

@testable import Invalidation

/// Keeps what it is sent until it is taken.
final class TestSink: WatcherSink {
    private(set) var waiting: [WatcherMessage] = []
    /// How many messages may wait.
    var mark = Int.max
    var onSend: (() -> Void)?

    func send(_ payload: WatcherMessage) -> Bool {
        waiting.append(payload)
        onSend?()
        return waiting.count <= mark
    }

    /// The messages that wait, which the peer has now.
    func take(_ count: Int = .max) -> [WatcherMessage] {
        defer { waiting.removeFirst(min(count, waiting.count)) }
        return Array(waiting.prefix(count))
    }

    /// What waits, in words.
    func takeWords() -> [String] {
        take().map(\.words)
    }
}

extension WatcherMessage {
    var words: String {
        switch content {
        case .subscribed(let resumed): "subscribed resumed \(resumed)"
        case .events(let events): events.map(describe).joined(separator: ", ")
        case .progress: "progress"
        case .reset(let reason): "reset \(reason)"
        case .draining(let grace): "draining \(grace)"
        }
    }

    var events: [InvalidationEvent] {
        if case .events(let events) = content { events } else { [] }
    }

    func position() throws -> Position {
        try token.withUnsafeBytes { try ResumeToken.decode($0) }
    }
}
