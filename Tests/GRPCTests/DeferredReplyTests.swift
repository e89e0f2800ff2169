// Answers that come later by a callback, and everything that may happen before they do.

import NIOCore
import NIOEmbedded
import Testing

@testable import GRPC

/// Keeps what a handler deferred, for the test to answer.
private final class Shelf: @unchecked Sendable {  // holds: everything is on the test's thread
    var replies: [DeferredReply] = []

    func service() -> Service {
        Service(
            "test.Later",
            methods: [
                Method(
                    "Unary",
                    .unary { [self] request, _ in
                        replies.append(request.deferReply())
                        return .deferred
                    }),
                Method(
                    "AtOnce",
                    .unary { request, _ in
                        request.deferReply().reply(with: [9])
                        return .deferred
                    }),
            ])
    }
}

extension DeferredReply {
    fileprivate func reply(with bytes: [UInt8]) {
        reply { $0.reserve(bytes.count).copyBytes(from: bytes) }
    }
}

@Suite struct DeferredReplyTests {
    private let shelf = Shelf()
    private static let path = "/test.Later/Unary"

    private func wire(_ limits: ServerLimits = ServerLimits()) throws -> CallWire {
        try CallWire([shelf.service()], limits: limits)
    }

    @Test("a late answer arrives, whether a message or a failure")
    func late() throws {
        let wire = try wire()
        let first = try wire.start(Self.path, [[1]]).stream
        let second = try wire.start(Self.path, [[2]]).stream
        #expect(wire.drain(first).status == nil && !shelf.replies[0].isCancelled)
        shelf.replies[1].fail(GRPCStatus(.unavailable, "down"))
        shelf.replies[0].reply(with: [7, 7])
        let (messages, status) = wire.drain(first)
        #expect(messages == [[7, 7]] && status == .ok)
        #expect(wire.drain(second).status == GRPCStatus(.unavailable, "down"))
        #expect(shelf.replies[0].isCancelled, "nobody waits any more")
    }

    @Test("an answer from within the handler is an answer")
    func atOnce() throws {
        let (messages, status) = try wire().call("/test.Later/AtOnce", [[1]])
        #expect(messages == [[9]] && status == .ok)
    }

    @Test("a large answer goes through windows, packed where the caller accepts that")
    func large() throws {
        var limits = ServerLimits()
        limits.compressRepliesAboveBytes = 1_000
        let wire = try wire(limits)
        let answer = [UInt8](repeating: 5, count: 3_000_000)
        let stream = try wire.start(Self.path, [[1]]).stream
        shelf.replies[0].reply(with: answer)
        #expect(wire.drain(stream).messages == [answer])
        #expect(wire.serverBytes.count < 100_000)
    }

    @Test("after the deadline the answer does nothing; other calls keep theirs")
    func deadline() throws {
        let wire = try wire()
        var options = CallOptions()
        options.timeout = .seconds(5)
        let patient = try wire.start(Self.path, [[1]], options: options).stream
        options.timeout = .seconds(1)
        let hasty = try wire.start(Self.path, [[2]], options: options).stream
        wire.server.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(wire.drain(hasty).status?.code == .deadlineExceeded)
        #expect(wire.drain(patient).status == nil && shelf.replies[1].isCancelled)
        shelf.replies[1].reply(with: [1])
        wire.server.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(wire.drain(patient).status?.code == .deadlineExceeded)
        shelf.replies[0].fail(GRPCStatus(.internal, "too late"))
        #expect(wire.serverHandler.deadlineWatch == nil)
        #expect(wire.serverHandler.recorder.pointee.openCount == 0)
    }

    @Test("a call that was cancelled keeps its place until it is answered")
    func cancelled() throws {
        var limits = ServerLimits()
        limits.concurrentStreams = 1
        let peer = try RawPeer([shelf.service()], limits: limits)
        peer.send(RawPeer.request(1, Self.path, [1]))
        peer.send(RawPeer.reset(1))
        #expect(shelf.replies[0].isCancelled)
        #expect(peer.handler.recorder.pointee.openCount == 0)
        peer.send(RawPeer.request(3, Self.path, [1]))
        #expect(peer.resets(.refusedStream) == 1 && shelf.replies.count == 1)
        shelf.replies[0].reply(with: [1])
        #expect(peer.handler.recorder.pointee.orphanedCalls == 0)
        peer.send(RawPeer.request(5, Self.path, [1]))
        #expect(shelf.replies.count == 2)
    }

    @Test("a stream's memory serves another call, and the old answer does not reach it")
    func recycled() throws {
        let peer = try RawPeer([shelf.service()], limits: ServerLimits())
        peer.send(RawPeer.request(1, Self.path, [1]))
        peer.send(RawPeer.reset(1))
        peer.send(RawPeer.request(3, Self.path, [1]))
        shelf.replies[0].reply(with: [1, 2, 3])
        #expect(peer.handler.recorder.pointee.open?.pointee.reply.count == 0)
        #expect(!shelf.replies[1].isCancelled)
    }

    @Test("after its connection an answer does nothing")
    func connectionGone() throws {
        var wire: CallWire? = try wire()
        var options = CallOptions()
        options.timeout = .seconds(5)
        _ = try wire?.start(Self.path, [[1]], options: options)
        wire?.serverHandler.close()
        wire?.pump()
        #expect(shelf.replies[0].isCancelled && wire?.serverHandler.deadlineWatch == nil)
        wire = nil
        shelf.replies[0].reply(with: [1])
    }

    @Test("a connection that drains waits for its late answers")
    func drain() throws {
        let wire = try wire()
        let stream = try wire.start(Self.path, [[1]]).stream
        wire.serverHandler.drain(grace: .seconds(10))
        wire.pump()
        #expect(wire.serverHandler.isOpen && !wire.serverHandler.isClosing)
        shelf.replies[0].reply(with: [1])
        #expect(wire.drain(stream).messages == [[1]])
        #expect(wire.serverHandler.isClosing || !wire.serverHandler.isOpen)
    }

    @Test("a thousand answers of one turn of the loop leave in few writes")
    func oneFlush() throws {
        var limits = ServerLimits()
        limits.concurrentStreams = 1_000
        let wire = try wire(limits)
        let streams = try (0..<1_000).map { _ in
            try wire.start(Self.path, [[1]], pumping: false).stream
        }
        wire.pump()
        #expect(shelf.replies.count == 1_000)
        for reply in shelf.replies { reply.reply(with: [1, 2, 3]) }
        wire.server.embeddedEventLoop.run()
        var writes = 0
        while let bytes = try wire.server.readOutbound(as: ByteBuffer.self) {
            writes += 1
            try wire.client.writeInbound(bytes)
        }
        #expect(writes <= 3)
        for stream in streams { #expect(wire.drain(stream).messages == [[1, 2, 3]]) }
    }
}
