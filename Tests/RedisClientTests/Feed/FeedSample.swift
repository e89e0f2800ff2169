// Events and batches as tests need them.

import Invalidation

@testable import RedisClient

/// An event of partition 0 on a key.
func sampleEvent(_ revision: UInt64, key: String = "k") -> InvalidationEvent {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    return Array(key.utf8).withUnsafeBytes { key in
        InvalidationEvent(
            partition: 0, revision: revision, target: .key(key), kind: .set, writer: nothing,
            cause: nothing)
    }
}

/// The key that an event names.
func key(of event: InvalidationEvent) -> String {
    withExtendedLifetime(event) {
        guard case .key(let bytes) = event.target else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension PartitionFeedStateMachine.Batch {
    init(_ revisions: some Sequence<UInt64>, isLast: Bool = true, isReadable: Bool = true) {
        self.init(
            events: revisions.map { sampleEvent($0) }, isLast: isLast, isReadable: isReadable)
    }
}

extension PartitionFeedStateMachine.Step {
    /// The news and the request in words.
    var words: [String] {
        news.map { news in
            switch news {
            case .began(let place, let events):
                "began \(place.epoch)/\(place.revision) \(events.map(\.revision))"
            case .events(let events, let areFromLog):
                "\(areFromLog ? "read" : "heard") \(events.map(\.revision))"
            case .reset(let place): "reset \(place.epoch)/\(place.revision)"
            case .live: "live"
            }
        }
            + (request.map { request in
                switch request {
                case .adopt: ["adopt"]
                case .load(let last, let count): ["load \(count) up to \(last)"]
                case .read(let revision, let count): ["read \(count) after \(revision)"]
                }
            } ?? [])
    }
}

extension PartitionFeedStateMachine.Action {
    var words: [String] {
        switch self {
        case .none: ["nothing"]
        case .ignoreDuplicate: ["duplicate"]
        case .deliver: ["deliver"]
        case .take(let step): step.words
        }
    }
}
