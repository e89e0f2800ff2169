// Owns the attack on messages and log entries: any bytes, and changes that we wrote ourselves.

import Invalidation
import NIOCore

@testable import RedisClient

enum EventTarget {
    static func run(_ input: inout FuzzInput) {
        switch input.number(below: 3) {
        case 0: hear(ByteBuffer(bytes: input.remaining()))
        case 1: read(&input)
        default: write(&input)
        }
    }

    /// Whatever is understood as a message is written again as the same bytes.
    private static func hear(_ payload: ByteBuffer) {
        guard let heard = FeedDecoder.message(payload, partition: 3) else { return }
        promise(heard.change.partition == 3, "a change of another partition")
        var again = ByteBuffer()
        again.writeInteger(heard.epoch, endianness: .little)
        again.writeInteger(heard.change.revision, endianness: .little)
        body(of: heard.change).write(to: &again)
        promise(again == payload, "\(payload) is another change: \(again)")
    }

    /// A log of a few entries, some of them foreign.
    private static func read(_ input: inout FuzzInput) {
        var entries: [RESPValue] = []
        while !input.isEmpty, entries.count < 8 {
            let id = input.bit() ? Array("\(input.byte())-0".utf8) : input.run()
            let entry: [RESPValue] = [
                .blob(ByteBuffer(bytes: id)),
                .array([.blob(ByteBuffer(string: "b")), .blob(ByteBuffer(bytes: input.run()))]),
            ]
            entries.append(input.bit() ? .array(entry.reversed()) : .array(entry))
        }
        let asked = 1 + input.number(below: 8)
        guard let batch = FeedDecoder.batch(.array(entries), partition: 3, asked: asked) else {
            return promise(false, "a list is none")
        }
        promise(batch.events.count <= entries.count, "more events than entries")
        promise(batch.isReadable == (batch.events.count == entries.count), "a gap is hidden")
        promise(batch.isLast == (entries.count < asked), "the end of the log is elsewhere")
    }

    private static func write(_ input: inout FuzzInput) {
        let kinds: [InvalidationKind] = [.set, .delete, .touch, .expire, .invalidate]
        let kind = input.choice(kinds)
        let epoch = input.word()
        let revision = max(1, input.word() & EnvelopeHeader.maxRevision)
        let which = input.number(below: 4)
        // A change of one key has no copies.
        let copyOf = which > 0 && input.bit() ? input.word() : 0
        let (writer, cause) = (input.run(), input.run())
        let bytes = input.remaining()
        withTarget(which, bytes) { target in
            guard let target else { return }
            var message = ByteBuffer()
            message.writeInteger(epoch, endianness: .little)
            message.writeInteger(revision, endianness: .little)
            writer.withUnsafeBytes { writer in
                cause.withUnsafeBytes { cause in
                    let body = EventBody(
                        target, kind: kind, writer: writer, cause: cause, copyOf: copyOf)
                    body.write(to: &message)
                    promise(message.readableBytes == 16 + body.byteCount, "a body of another size")
                }
            }
            guard let heard = FeedDecoder.message(message, partition: 3) else {
                return promise(false, "our own message is foreign: \(message)")
            }
            promise(heard.epoch == epoch && heard.change.revision == revision, "another place")
            promise(heard.change.kind == kind, "another kind")
            promise(heard.change.copyOf == copyOf, "another announcement")
            promise(heard.change.writer.elementsEqual(writer), "another writer")
            promise(heard.change.cause.elementsEqual(cause), "another cause")
            hear(message)
        }
    }

    private static func withTarget(
        _ which: Int, _ bytes: [UInt8], _ body: (InvalidationTarget?) -> Void
    ) {
        switch which {
        case 0, 2:
            bytes.withUnsafeBytes { bytes in
                body(bytes.isEmpty ? nil : which == 0 ? .key(bytes) : .tag(bytes))
            }
        case 1:
            do throws(GlobError) {
                body(.pattern(try Glob(bytes: bytes)))
            } catch {
                body(nil)
            }
        default: body(.everything)
        }
    }

    private static func body(of change: InvalidationEvent) -> EventBody {
        EventBody(
            change.target, kind: change.kind, writer: change.writer, cause: change.cause,
            copyOf: change.copyOf)
    }
}
