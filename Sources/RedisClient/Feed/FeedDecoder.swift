// Reads the messages and the log of a partition; pure functions, any thread.

import Invalidation
import NIOCore

/// The reading of what a server publishes and logs. Whatever is not as it should be gives nil:
/// the bytes come from a server that others write to.
///
/// A message is the partition's epoch and the change's revision, 8 bytes each, and the body that
/// is also the log's: a version, the kind of change, the kind of target, the length of the writer,
/// a byte each; the length of the cause in 2; the writer, the cause and the target, which the
/// number of the announcement precedes (8) where it is for memories alone. All numbers are little
/// endian.
enum FeedDecoder {
    private static let version: UInt8 = 1
    private static let bodyHeadBytes = 6
    /// The bytes of a message before its body.
    private static let messageHeadBytes = 16

    /// A live message of a partition (counted over all pools): its epoch and its change.
    static func message(
        _ payload: ByteBuffer, partition: Int
    ) -> (epoch: UInt64, change: InvalidationEvent)? {
        payload.withUnsafeReadableBytes { bytes in
            guard bytes.count >= messageHeadBytes else { return nil }
            let epoch = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
            let revision = UInt64(
                littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let body = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(messageHeadBytes))
            guard let change = change(body, partition: partition, revision: revision) else {
                return nil
            }
            return (epoch, change)
        }
    }

    /// The entries of a partition's log, as XRANGE and XREVRANGE give them.
    ///
    /// - Parameter asked: How many entries were asked for at most.
    static func batch(
        _ reply: RESPValue, partition: Int, asked: Int
    ) -> PartitionFeedStateMachine.Batch? {
        guard case .array(let entries) = reply else { return nil }
        var events: [InvalidationEvent] = []
        events.reserveCapacity(entries.count)
        for entry in entries {
            guard let event = logEntry(entry, partition: partition) else { break }
            events.append(event)
        }
        return .init(
            events: events, isLast: entries.count < asked,
            isReadable: events.count == entries.count)
    }

    private static func logEntry(_ entry: RESPValue, partition: Int) -> InvalidationEvent? {
        guard case .array(let parts) = entry, parts.count == 2, case .blob(let id) = parts[0],
            case .array(let fields) = parts[1], fields.count == 2,
            case .blob(let body) = fields[1], let revision = revision(ofEntry: id)
        else { return nil }
        return body.withUnsafeReadableBytes {
            change($0, partition: partition, revision: revision)
        }
    }

    /// The number of an id such as `17-0`.
    private static func revision(ofEntry id: ByteBuffer) -> UInt64? {
        let parts = String(buffer: id).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "0" else { return nil }
        return UInt64(parts[0])
    }

    private static func change(
        _ body: UnsafeRawBufferPointer, partition: Int, revision: UInt64
    ) -> InvalidationEvent? {
        guard (1...FeedPlace.maxRevision).contains(revision), body.count >= bodyHeadBytes,
            body[0] == version, let kind = InvalidationKind(rawValue: body[1])
        else { return nil }
        let writerEnd = bodyHeadBytes + Int(body[3])
        let causeEnd = writerEnd + Int(body[4]) + Int(body[5]) << 8
        guard causeEnd <= body.count,
            let (copyOf, targetKind, targetStart) = copy(body, kind: body[2], at: causeEnd),
            let target = target(
                targetKind, UnsafeRawBufferPointer(rebasing: body[targetStart...]))
        else { return nil }
        return InvalidationEvent(
            partition: partition, revision: revision, target: target, kind: kind,
            writer: UnsafeRawBufferPointer(rebasing: body[bodyHeadBytes..<writerEnd]),
            cause: UnsafeRawBufferPointer(rebasing: body[writerEnd..<causeEnd]), copyOf: copyOf)
    }

    /// The announcement that a body is a copy of (0: of none), the kind of its target, and where
    /// that begins. A change of one key has no copies.
    private static func copy(
        _ body: UnsafeRawBufferPointer, kind: UInt8, at start: Int
    ) -> (copyOf: UInt64, kind: UInt8, start: Int)? {
        guard kind >= EventBody.copyKind else { return (0, kind, start) }
        let end = start + MemoryLayout<UInt64>.size
        guard kind > EventBody.copyKind, end <= body.count else { return nil }
        let number = UInt64(
            littleEndian: body.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        return number == 0 ? nil : (number, kind - EventBody.copyKind, end)
    }

    private static func target(
        _ kind: UInt8, _ bytes: UnsafeRawBufferPointer
    ) -> InvalidationTarget? {
        switch kind {
        case 0: bytes.isEmpty ? nil : .key(bytes)
        case 1: (try? Glob(bytes)).map { .pattern($0) }
        case 2: bytes.isEmpty ? nil : .tag(bytes)
        case 3: bytes.isEmpty ? .everything : nil
        default: nil
        }
    }
}
