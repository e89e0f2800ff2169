// Messages and log entries, ours and anybody's.

import Invalidation
import NIOCore
import Testing

@testable import RedisClient

@Suite("What a feed reads")
struct FeedDecoderTests {
    private static func body(
        kind: UInt8 = 1, target: UInt8 = 0, writer: String = "", cause: String = "",
        _ name: String, version: UInt8 = 1
    ) -> [UInt8] {
        let cause = Array(cause.utf8)
        return [version, kind, target, UInt8(writer.utf8.count), UInt8(cause.count & 0xFF)]
            + [UInt8(cause.count >> 8)] + Array(writer.utf8) + cause + Array(name.utf8)
    }

    private static func message(
        _ body: [UInt8], epoch: UInt64 = 7, revision: UInt64 = 5
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(epoch, endianness: .little)
        buffer.writeInteger(revision, endianness: .little)
        buffer.writeBytes(body)
        return buffer
    }

    private static func entry(_ id: String, _ body: [UInt8]) -> RESPValue {
        .array([.text(id), .array([.text("b"), .blob(ByteBuffer(bytes: body))])])
    }

    @Test("is what the store writes, for every target and kind")
    func roundTrip() throws {
        let texts = ["user:1", "writer-1", "the reason"].map { Array($0.utf8) }
        let glob = try Glob("user:*")
        for kind in [InvalidationKind.set, .delete, .touch, .expire, .invalidate] {
            for index in 0..<4 {
                let words = texts[0].withUnsafeBytes { key in
                    texts[1].withUnsafeBytes { writer in
                        texts[2].withUnsafeBytes { cause -> String? in
                            let target =
                                [
                                    InvalidationTarget.key(key), .pattern(glob), .tag(key),
                                    .everything,
                                ][index]
                            let body = EventBody(target, kind: kind, writer: writer, cause: cause)
                            var buffer = Self.message([], epoch: .max, revision: 1 << 53)
                            body.write(to: &buffer)
                            let read = FeedDecoder.message(buffer, partition: 700)
                            return read.map { describe($0.epoch, $0.change) }
                        }
                    }
                }
                let name = ["key user:1", "pattern user:*", "tag user:1", "everything"][index]
                #expect(
                    words == "\(UInt64.max)/\(1 << 53) 700 \(kind) \(name) writer-1 the reason")
            }
        }
    }

    private static let number: UInt64 = 1 << 63 | 5

    @Test("tells a copy for memories from what watchers hear, but not of one key")
    func copies() throws {
        let tag = Array("t".utf8)
        let glob = try Glob("user:*")
        for index in 0..<3 {
            let change = try tag.withUnsafeBytes { tag in
                let target = [.pattern(glob), .tag(tag), InvalidationTarget.everything][index]
                let body = EventBody(
                    target, kind: .invalidate, writer: tag, cause: tag, copyOf: Self.number)
                var buffer = Self.message([])
                body.write(to: &buffer)
                #expect(buffer.readableBytes == 16 + body.byteCount)
                for count in 0..<buffer.readableBytes where index != 1 || count < 16 + 6 + 2 + 8 {
                    let cut = buffer.getSlice(at: 0, length: count) ?? ByteBuffer()
                    let read = FeedDecoder.message(cut, partition: 0)
                    // A shorter pattern is one, too.
                    #expect(read == nil || (index == 0 && count > 16 + 6 + 2 + 8))
                }
                return try #require(FeedDecoder.message(buffer, partition: 700)).change
            }
            #expect(change.copyOf == Self.number)
            let name = ["pattern user:*", "tag t", "everything"][index]
            #expect(describe(7, change) == "7/5 700 invalidate \(name) t t")
        }
    }

    private func describe(_ epoch: UInt64, _ event: InvalidationEvent) -> String {
        func text(_ bytes: UnsafeRawBufferPointer) -> String {
            String(decoding: bytes, as: UTF8.self)
        }
        return withExtendedLifetime(event) {
            let target =
                switch event.target {
                case .key(let key): "key \(text(key))"
                case .pattern(let glob): "pattern \(glob)"
                case .tag(let tag): "tag \(text(tag))"
                case .everything: "everything"
                }
            return "\(epoch)/\(event.revision) \(event.partition) \(event.kind) \(target) "
                + "\(text(event.writer)) \(text(event.cause))"
        }
    }

    @Test("is refused when it is cut, of another version, or says what cannot be")
    func refusals() {
        let good = Self.message(Self.body(writer: "w", cause: "c", "k"))
        #expect(FeedDecoder.message(good, partition: 0) != nil)
        for count in 0..<good.readableBytes {
            let cut = good.getSlice(at: 0, length: count) ?? ByteBuffer()
            #expect(FeedDecoder.message(cut, partition: 0) == nil)
        }
        for body in [
            Self.body("k", version: 2), Self.body(kind: 0, "k"), Self.body(kind: 6, "k"),
            Self.body(target: 4, "k"), Self.body(target: 1, "a["), Self.body(target: 2, ""),
            Self.body(target: 3, "k"), Self.body(""), [1, 1, 0, 255, 0, 0, 0x6B],
            [1, 1, 0, 0, 255, 255, 0x6B],
            // Copies: of one key, without a number, of number 0, of what cannot be.
            Self.body(target: 4, "12345678k"), Self.body(target: 7, "1234567"),
            Self.body(target: 7, String(repeating: "\0", count: 8)),
            Self.body(target: 7, "12345678k"), Self.body(target: 6, "12345678"),
            Self.body(target: 5, "12345678["), Self.body(target: 8, "12345678k"),
        ] {
            #expect(FeedDecoder.message(Self.message(body), partition: 0) == nil)
        }
        for revision in [0, FeedPlace.maxRevision + 1, .max] {
            let message = Self.message(Self.body("k"), revision: revision)
            #expect(FeedDecoder.message(message, partition: 0) == nil)
        }
    }

    @Test("ends with the first entry of a log that is none")
    func logs() {
        let body = Self.body("k")
        let good = Self.entry("5-0", body)
        for bad in [
            Self.entry("6-1", body), Self.entry("6", body), Self.entry("-0", body),
            Self.entry("99999999999999999999-0", body), Self.entry("6-0", []), .null,
            .array([.text("6-0")]), .array([.text("6-0"), .null]),
            .array([.text("6-0"), .array([.text("b")])]),
        ] {
            let batch = FeedDecoder.batch(.array([good, bad, good]), partition: 0, asked: 3)
            #expect(batch?.events.map(\.revision) == [5])
            #expect(batch?.isReadable == false && batch?.isLast == false)
        }
        let all = FeedDecoder.batch(.array([good]), partition: 0, asked: 2)
        #expect(all?.isReadable == true && all?.isLast == true)
        #expect(FeedDecoder.batch(.text("OK"), partition: 0, asked: 2) == nil)
    }

    @Test("never harms, whatever bytes come", arguments: 1...20)
    func anything(seed: UInt64) {
        var random = FeedGenerator(seed: seed)
        var read = 0
        for _ in 0..<5_000 {
            var bytes = Array(Self.message(Self.body(writer: "w", "user:*")).readableBytesView)
            for _ in 0..<Int(random.next() % 4) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            bytes.removeLast(Int(random.next() % 3))
            guard
                let (_, change) = FeedDecoder.message(ByteBuffer(bytes: bytes), partition: 3)
            else { continue }
            #expect(change.partition == 3 && change.revision <= FeedPlace.maxRevision)
            read += 1
        }
        #expect(read > 0)
    }

    @Test("finds the partition of a channel, and of no other name")
    func channels() {
        let channels = FeedChannels(prefix: "cm:")
        for partition in 0..<256 {
            let name = channels.name(partition)
            #expect(name == "cm:{\(partition)}:events")
            #expect(channels.partition(ByteBuffer(string: name)) == partition)
        }
        for name in [
            "", "cm:{256}:events", "cm:{999}:events", "cm:{}:events", "cm:{1000}:events",
            "cm:{1}:event", "cm:{1}:eventss", "xm:{1}:events", "cm:{1a}:events", "cm:{-1}:events",
            "cm:{", "}:events", "cm:}:events",
        ] {
            #expect(channels.partition(ByteBuffer(string: name)) == nil)
        }
    }
}
