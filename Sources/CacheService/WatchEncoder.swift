// Puts the hub's messages into protobuf: an event once, however many watchers get it; event loop
// only.

import GRPC
import Invalidation
import Messages

/// Encodes `StreamInvalidationsResponse`s in memory of its own.
final class WatchEncoder {
    /// Events whose encoding is remembered: two chunks of a hub.
    private static let slotCount = 512
    /// Encoded bytes above which they are all forgotten.
    private static let keptBytes = 256 << 10

    private struct Encoded {
        let partition: Int
        let revision: UInt64
        let bytes: ByteView
    }

    private let arena = MessageArena()
    /// Where the remembered encodings lie.
    private let kept = MessageArena()
    private var slots = [Encoded?](repeating: nil, count: WatchEncoder.slotCount)

    func encode(_ message: WatcherMessage) -> FramedMessage {
        defer { arena.reset() }
        if kept.heldBytes > Self.keptBytes {
            kept.reset()
            slots = Array(repeating: nil, count: Self.slotCount)
        }
        return message.token.withUnsafeBytes { token in
            if case .events(let events) = message.content {
                let encoded = events.map(encodedOnce)
                return FramedMessage {
                    StreamInvalidationsResponse.encode(
                        resumeToken: ByteView(token), encodedEvents: encoded, reserve: $0)
                }
            }
            var response = StreamInvalidationsResponse()
            response.resumeToken = ByteView(token)
            response.content = Self.content(message.content)
            return FramedMessage { response.encode(in: arena, reserve: $0) }
        }
    }

    private static func content(
        _ content: WatcherMessage.Content
    ) -> StreamInvalidationsResponse.Content {
        switch content {
        case .subscribed(let resumed): return .subscribed(resumed: resumed)
        case .progress: return .progress
        case .reset(.historyLost): return .reset(.historyLost)
        case .reset(.epochChanged): return .reset(.epochChanged)
        case .reset(.slowConsumer): return .reset(.slowConsumer)
        case .draining(let grace):
            let (seconds, attoseconds) = grace.components
            let nanos = Int32(attoseconds / 1_000_000_000)
            return .draining(gracePeriod: ProtoDuration(seconds: seconds, nanos: nanos))
        case .events: preconditionFailure("events are encoded one by one")
        }
    }

    private func encodedOnce(_ event: InvalidationEvent) -> ByteView {
        let spread = event.partition &* 2 &+ Int(truncatingIfNeeded: event.revision)
        let index = spread & (Self.slotCount - 1)
        if let known = slots[index], known.partition == event.partition,
            known.revision == event.revision
        {
            return known.bytes
        }
        let bytes = withExtendedLifetime(event) { message(event).encodedView(in: kept) }
        slots[index] = Encoded(partition: event.partition, revision: event.revision, bytes: bytes)
        return bytes
    }

    /// The message borrows the event's bytes.
    private func message(_ event: InvalidationEvent) -> Event {
        var message = Event()
        message.target =
            switch event.target {
            case .key(let key): .key(ByteView(key))
            case .pattern(let glob): .pattern(arena.copy(glob.pattern))
            case .tag(let tag): .tag(ByteView(tag))
            case .everything: .everything(true)
            }
        message.kind =
            switch event.kind {
            case .set: .set
            case .delete: .delete
            case .touch: .touch
            case .expire: .expire
            case .invalidate: .invalidate
            }
        message.version = event.revision
        message.originId = ByteView(event.writer)
        message.cause = ByteView(event.cause)
        return message
    }
}
