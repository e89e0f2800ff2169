// The four kinds of call, and how they end, between the two halves of this target.

import NIOCore
import NIOEmbedded
import Testing

@testable import GRPC

@Suite struct ServerCallTests {
    private let log = CallLog()
    private let gate = AsyncGate()

    private func wire(_ limits: ServerLimits = ServerLimits()) throws -> CallWire {
        try CallWire([EchoService.make(log, gate: gate)], limits: limits)
    }

    @Test("a unary call answers with its message and OK")
    func unary() throws {
        let (messages, status) = try wire().call("/test.Echo/Unary", [[1, 2, 3]])
        #expect(messages == [[1, 2, 3]])
        #expect(status == .ok)
    }

    @Test("an empty message is a message")
    func emptyMessage() throws {
        let (messages, status) = try wire().call("/test.Echo/Unary", [[]])
        #expect(messages == [[]])
        #expect(status == .ok)
    }

    @Test("a large message comes back whole, through windows and frames")
    func largeMessage() throws {
        let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let (messages, status) = try wire().call("/test.Echo/Unary", [large])
        #expect(messages == [large])
        #expect(status == .ok)
    }

    @Test("a failure carries its code, its percent-encoded message and its details")
    func failure() throws {
        let (messages, status) = try wire().call("/test.Echo/Fail", [[8, 5]])
        #expect(messages.isEmpty)
        #expect(status == GRPCStatus(.notFound, "kein Schlüssel: 100 %\n", details: [8, 5]))
    }

    @Test("an unknown method is UNIMPLEMENTED and names it")
    func unknownMethod() throws {
        let (_, status) = try wire().call("/test.Echo/Nothing", [[1]])
        #expect(status?.code == .unimplemented)
        #expect(status?.message.contains("/test.Echo/Nothing") == true)
    }

    @Test("a unary call without a message, or with two, is UNIMPLEMENTED")
    func wrongCount() throws {
        let wire = try wire()
        #expect(try wire.call("/test.Echo/Unary", []).status?.code == .unimplemented)
        #expect(try wire.call("/test.Echo/Unary", [[1], [2]]).status?.code == .unimplemented)
        #expect(try wire.call("/test.Echo/Unary", [[1]]).status == .ok)
    }

    @Test("a message over the limit is refused from its prefix, and the connection lives on")
    func tooLarge() throws {
        var limits = ServerLimits()
        limits.messageBytes = 1_000
        let wire = try wire(limits)
        let (_, status) = try wire.call("/test.Echo/Unary", [[UInt8](repeating: 1, count: 1_001)])
        #expect(status?.code == .resourceExhausted)
        #expect(status?.message.contains("1001") == true)
        let fitting = [UInt8](repeating: 1, count: 1_000)
        #expect(try wire.call("/test.Echo/Unary", [fitting]).status == .ok)
    }

    @Test("unfinished messages of all streams together are bounded")
    func heldBytes() throws {
        var limits = ServerLimits()
        limits.heldBytes = 10_000
        let wire = try wire(limits)
        let part = [UInt8](repeating: 1, count: 6_000)
        // Two messages of which neither is complete: their streams have not ended.
        let first = try wire.start("/test.Echo/Unary", [part], end: false)
        let second = try wire.start("/test.Echo/Unary", [part], end: false)
        #expect(wire.drain(second.stream).status?.code == .resourceExhausted)
        wire.clientHandler.finishSending(first.call)
        #expect(wire.drain(first.stream).messages == [part])
        #expect(wire.serverHandler.recorder.pointee.heldBytes == 0)
    }

    @Test("a client stream is answered once, after its end")
    func clientStream() throws {
        let (messages, status) = try wire().call("/test.Echo/Sum", [[1], [2, 3], [], [4, 5, 6]])
        #expect(messages == [Array("6".utf8)])
        #expect(status == .ok)
    }

    @Test("a bidirectional stream answers while it is still being sent")
    func bidirectional() throws {
        let wire = try wire()
        let (stream, call) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        #expect(wire.drain(stream).messages == [[1]])
        wire.send([2, 2], call)
        #expect(wire.drain(stream).messages == [[2, 2]])
        wire.clientHandler.finishSending(call)
        #expect(wire.drain(stream).status == .ok)
        #expect(log.all == ["opened", "received 1", "received 2", "closed OK"])
    }

    @Test("metadata comes back in headers and trailers, binary values as bytes")
    func metadata() throws {
        let wire = try wire()
        var options = CallOptions()
        options.metadata.add("x-echo", "hello")
        options.metadata.add("x-trace-bin", bytes: [0, 255, 1])
        let (stream, _) = try wire.start("/test.Echo/Bidi", [[1]], options: options)
        #expect(wire.drain(stream).status == .ok)
        #expect(stream.headers["x-echo"] == "hello")
        #expect(stream.trailers.bytes("x-trace-bin") == [0, 255, 1])
    }

    @Test("a writer that outruns its reader is told to wait, and to go on")
    func backPressure() throws {
        let wire = try wire()
        wire.clientReads = false
        let (stream, _) = try wire.start("/test.Echo/Flood", [[UInt8](repeating: 0, count: 5_000)])
        let limit = ServerLimits().outboundBytes + 1_005
        #expect(log.all.count >= 1)
        wire.clientReads = true
        let (messages, status) = wire.drain(stream)
        #expect(messages.count == 5_000)
        #expect(status == .ok)
        // 5 MB went out, and never more than the mark and one message waited in the queue.
        for line in log.all {
            let unsent = try #require(Int(line.dropFirst("unsent ".count)))
            #expect(unsent <= limit)
        }
        #expect(log.all.count > 10)
    }

    @Test("a pending answer comes when it is ready, on the same connection")
    func pending() throws {
        let wire = try wire()
        let (stream, _) = try wire.start("/test.Echo/Wait", [[]])
        #expect(wire.drain(stream).status == nil)
        #expect(try wire.call("/test.Echo/Unary", [[9]]).messages == [[9]])
        gate.open()
        let (messages, status) = wire.drain(stream)
        #expect(messages == [Array("late".utf8)])
        #expect(status == .ok)
        #expect(log.all == ["waiting", "passed"])
    }

    @Test("a caller that cancels cancels the handler's task")
    func cancelPending() throws {
        let wire = try wire()
        let (stream, call) = try wire.start("/test.Echo/Wait", [[]])
        wire.clientHandler.cancel(call, GRPCStatus(.cancelled, "enough"))
        #expect(wire.drain(stream).status == GRPCStatus(.cancelled, "enough"))
        #expect(log.all == ["waiting", "cancelled"])
        #expect(wire.serverHandler.recorder.pointee.openCount == 0)
    }

    @Test("a streaming handler hears that its caller cancelled")
    func cancelStream() throws {
        let wire = try wire()
        let (_, call) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        wire.clientHandler.cancel(call, GRPCStatus(.cancelled))
        wire.pump()
        #expect(log.all == ["opened", "received 1", "closed CANCELLED"])
    }

    @Test("a lost connection ends every call for both sides")
    func lostConnection() throws {
        let wire = try wire()
        let (stream, _) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        let (waiting, _) = try wire.start("/test.Echo/Wait", [[]])
        _ = try wire.server.finish()
        _ = try wire.client.finish()
        #expect(log.all.contains("closed CANCELLED"))
        #expect(log.all.contains("cancelled"))
        #expect(wire.drain(stream).status?.code == .unavailable)
        #expect(wire.drain(waiting).status?.code == .unavailable)
        #expect(wire.serverHandler.recorder.pointee.openCount == 0)
    }

    @Test("a deadline that has passed ends a stream and its handler")
    func deadline() throws {
        let wire = try wire()
        // The client's own timer must not be the one that ends it: only the server's
        // clock moves here.
        let (stream, _) = try wire.start(
            "/test.Echo/Bidi", [[1]], end: false, options: CallOptions(timeout: .seconds(5)))
        wire.server.embeddedEventLoop.advanceTime(to: .now() + .seconds(6))
        #expect(wire.drain(stream).status?.code == .deadlineExceeded)
        #expect(log.all == ["opened", "received 1", "closed DEADLINE_EXCEEDED"])
    }

    @Test("a call whose deadline is over when it comes is not handled")
    func expiredDeadline() throws {
        let wire = try wire()
        let (_, status) = try wire.call(
            "/test.Echo/Wait", [[]], options: CallOptions(timeout: .zero))
        #expect(status?.code == .deadlineExceeded)
        #expect(log.all.isEmpty)
    }

    @Test("an answer that ends before the request stops the caller's sending")
    func earlyAnswer() throws {
        var limits = ServerLimits()
        limits.messageBytes = 10
        let wire = try wire(limits)
        let (stream, call) = try wire.start(
            "/test.Echo/Bidi", [[UInt8](repeating: 1, count: 11)], end: false)
        #expect(wire.drain(stream).status?.code == .resourceExhausted)
        let promise = wire.client.eventLoop.makePromise(of: Void.self)
        wire.clientHandler.send(FramedMessage([1]), on: call, promise)
        #expect(throws: GRPCStatus.self) { try promise.futureResult.wait() }
        #expect(wire.serverHandler.recorder.pointee.openCount == 0)
    }

    @Test("draining tells handlers, lets open calls finish, and then closes")
    func drain() throws {
        let wire = try wire()
        let (stream, call) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        wire.serverHandler.drain(grace: .seconds(3))
        #expect(wire.drain(stream).status == nil)
        #expect(log.all.last == "draining 3.0 seconds")
        #expect(wire.server.isActive)
        wire.clientHandler.finishSending(call)
        #expect(wire.drain(stream).status == .ok)
        #expect(!wire.server.isActive)
    }

    @Test("an idle connection that is drained closes at once")
    func drainIdle() throws {
        let wire = try wire()
        wire.serverHandler.drain(grace: .seconds(3))
        wire.pump()
        #expect(!wire.server.isActive)
        #expect(throws: GRPCStatus.self) { try wire.start("/test.Echo/Unary", [[1]]) }
    }
}
