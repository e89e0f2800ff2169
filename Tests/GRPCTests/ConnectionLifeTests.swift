// What becomes of connections as time passes, between the two halves of this target; the time
// is the embedded loop's, and moves only where a test moves it.

import NIOCore
import NIOEmbedded
import Testing

@testable import GRPC

@Suite struct ConnectionLifeTests {
    private let log = CallLog()

    private func wire(_ change: (inout ServerLimits) -> Void = { _ in }) throws -> CallWire {
        var limits = ServerLimits()
        change(&limits)
        return try CallWire([EchoService.make(log)], limits: limits)
    }

    /// Lets the server's seconds pass one by one, and carries what is said in each.
    private func pass(_ seconds: Int, on wire: CallWire) {
        for _ in 0..<seconds {
            wire.server.embeddedEventLoop.advanceTime(by: .seconds(1))
            wire.pump()
        }
    }

    private func ping(_ wire: CallWire, _ number: UInt8) {
        let frame: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number]
        // Fails only where the channel is closed, and tests look at that.
        _ = try? wire.server.writeInbound(ByteBuffer(bytes: frame))
        wire.pump()
    }

    // MARK: - Handshake

    @Test("a connection that says nothing is rejected after ten seconds")
    func silent() throws {
        let shared = ServerShared(services: [], limits: ServerLimits(), rejected: { _, _, _ in })
        let channel = EmbeddedChannel()
        let loop = ServerLoop(index: 0, eventLoop: channel.eventLoop, shared: shared, seed: 1)
        try channel.pipeline.syncOperations.addHandler(ServerConnectionHandler(loop: loop))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(shared.rejections == [.prefaceTimeout: 1])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    // MARK: - Stalls

    @Test("answers of which nothing is taken for a minute end the connection")
    func stalled() throws {
        let wire = try wire()
        wire.clientReads = false
        for _ in 0..<12 { _ = try wire.start("/test.Echo/Large", [[]]) }
        #expect(wire.serverHandler.recorder.pointee.unsentBytes > 0)
        pass(60, on: wire)
        #expect(wire.server.isActive)
        pass(2, on: wire)
        #expect(!wire.server.isActive)
        #expect(wire.loop.shared.rejections == [.stalled: 1])
        #expect(wire.serverHandler.recorder.pointee.openCount == 0)
    }

    @Test("one call that is not read is reset while others go on")
    func stalledCall() throws {
        let wire = try wire()
        let unread = try wire.start("/test.Echo/Flood", [[UInt8](repeating: 0, count: 5_000)])
        wire.pump()
        for _ in 0..<75 {
            pass(1, on: wire)
            #expect(try wire.call("/test.Echo/Unary", [[1]]).status == .ok)
        }
        #expect(wire.drain(unread.stream).status?.code == .resourceExhausted)
        #expect(wire.serverHandler.recorder.pointee.unsentBytes == 0)
        #expect(wire.server.isActive && wire.loop.shared.rejections.isEmpty)
    }

    @Test("one call that is not read is reset while others have nothing to say")
    func stalledBesideIdle() throws {
        let wire = try wire()
        let (idle, call) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        #expect(wire.drain(idle).messages == [[1]])
        let unread = try wire.start("/test.Echo/Flood", [[UInt8](repeating: 0, count: 5_000)])
        pass(75, on: wire)
        #expect(wire.drain(unread.stream).status?.code == .resourceExhausted)
        #expect(wire.server.isActive && wire.loop.shared.rejections.isEmpty)
        wire.send([2], call)
        #expect(wire.drain(idle).messages == [[2]])
    }

    @Test("a request that stops half-way is answered, and holds nothing any more")
    func stalledRequest() throws {
        let wire = try wire()
        let part = [UInt8](repeating: 1, count: 1_000)
        let (stream, _) = try wire.start("/test.Echo/Unary", [part], end: false)
        pass(55, on: wire)
        #expect(wire.drain(stream).status == nil)
        #expect(wire.serverHandler.recorder.pointee.heldBytes > 0)
        pass(20, on: wire)
        let status = wire.drain(stream).status
        #expect(status?.code == .deadlineExceeded)
        #expect(status?.message.contains("60.0 seconds") == true)
        #expect(wire.serverHandler.recorder.pointee.heldBytes == 0)
        #expect(try wire.call("/test.Echo/Unary", [[1]]).status == .ok)
    }

    @Test("a stream with nothing to say, and a connection without a call, are no stalls")
    func idle() throws {
        let wire = try wire()
        let (stream, call) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        #expect(wire.drain(stream).messages == [[1]])
        pass(600, on: wire)
        wire.send([2], call)
        #expect(wire.drain(stream).messages == [[2]])
        wire.clientHandler.finishSending(call)
        #expect(wire.drain(stream).status == .ok)
        pass(600, on: wire)
        #expect(try wire.call("/test.Echo/Unary", [[1]]).status == .ok)
    }

    // MARK: - Pings

    @Test("a client that pings too often is told so and closed")
    func strikes() throws {
        let wire = try wire()
        for number in 0..<4 {
            #expect(wire.server.isActive)
            ping(wire, UInt8(number))
        }
        #expect(!wire.server.isActive)
        #expect(wire.loop.shared.rejections == [.tooManyPings: 1])
        let reason = Array("too_many_pings".utf8)
        #expect(wire.serverBytes.suffix(reason.count) == reason[...])
        #expect(wire.serverBytes.dropLast(reason.count).suffix(4) == [0, 0, 0, 0x0B])
    }

    @Test("answers in between forgive any number of pings")
    func forgiven() throws {
        let wire = try wire()
        for _ in 0..<50 {
            for number in 0..<3 { ping(wire, UInt8(number)) }
            #expect(try wire.call("/test.Echo/Unary", [[1]]).status == .ok)
        }
        #expect(wire.loop.shared.rejections.isEmpty)
    }

    @Test("a silent peer that answers the keepalive lives on")
    func keepalive() throws {
        let wire = try wire { $0.keepaliveTime = .seconds(10) }
        let before = wire.serverBytes.count
        pass(11, on: wire)
        #expect(wire.serverBytes.count == before + 17, "one ping")
        pass(600, on: wire)
        #expect(try wire.call("/test.Echo/Unary", [[1]]).status == .ok)
    }

    @Test("a peer that does not is closed 20 seconds later, and its calls end")
    func keepaliveUnanswered() throws {
        let wire = try wire { $0.keepaliveTime = .seconds(10) }
        _ = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        wire.clientReads = false
        pass(29, on: wire)
        #expect(wire.server.isActive)
        pass(2, on: wire)
        #expect(!wire.server.isActive)
        #expect(wire.loop.shared.rejections == [.keepaliveTimeout: 1])
        #expect(log.all.last == "closed CANCELLED")
    }

    // MARK: - Age and idleness

    @Test("an old connection tells its calls, lets them finish, and closes")
    func age() throws {
        let wire = try wire {
            $0.connectionMaxAge = .seconds(100)
            $0.connectionMaxAgeGrace = .seconds(50)
        }
        let (stream, call) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        pass(89, on: wire)
        #expect(log.all == ["opened", "received 1"])
        pass(22, on: wire)
        #expect(log.all.last == "draining 50.0 seconds")
        #expect(throws: GRPCStatus.self) { try wire.start("/test.Echo/Unary", [[1]]) }
        wire.clientHandler.finishSending(call)
        #expect(wire.drain(stream).status == .ok)
        #expect(!wire.server.isActive && wire.loop.shared.rejections.isEmpty)
    }

    @Test("what has not finished by the end of the grace is told so")
    func ageGrace() throws {
        let wire = try wire {
            $0.connectionMaxAge = .seconds(100)
            $0.connectionMaxAgeGrace = .seconds(50)
        }
        let (stream, _) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        pass(139, on: wire)
        #expect(wire.drain(stream).status == nil)
        pass(25, on: wire)
        #expect(wire.drain(stream).status?.code == .unavailable)
        #expect(wire.drain(stream).status?.message.contains("before the call was done") == true)
        #expect(!wire.server.isActive)
    }

    @Test("a connection without a call is closed after its idle time, without an error")
    func maxIdle() throws {
        let wire = try wire { $0.connectionMaxIdle = .seconds(30) }
        #expect(try wire.call("/test.Echo/Unary", [[1]]).status == .ok)
        pass(29, on: wire)
        #expect(wire.server.isActive)
        pass(3, on: wire)
        #expect(!wire.server.isActive && wire.loop.shared.rejections.isEmpty)
    }

    @Test("a peer that leaves the ping of a drain unanswered gets the final GOAWAY 20 s later")
    func unansweredDrain() throws {
        var limits = ServerLimits()
        limits.connectionMaxAge = .seconds(100)
        let peer = try RawPeer([EchoService.make(log)], limits: limits)
        peer.send(RawPeer.headers(1, "/test.Echo/Bidi"))
        var last: [Int] = []
        for second in 0..<140 {
            peer.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            peer.read()
            let count = peer.frames.count { $0.type == RawPeer.FrameType.goAway }
            if count > last.count { last.append(second) }
        }
        try #require(last.count == 2)
        #expect((89...111).contains(last[0]) && (20...21).contains(last[1] - last[0]))
        #expect(peer.channel.isActive && log.all.last == "draining 20.0 seconds")
    }

    // MARK: - Drain

    @Test("the final GOAWAY leaves though the channel is full, and nothing after it is handled")
    func fullChannel() throws {
        let wire = try wire()
        let (stream, call) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        wire.clientReads = false
        wire.server.isWritable = false
        let before = wire.serverBytes.count
        wire.loop.drain(grace: .seconds(40))
        // The client has not seen the notice: it goes on in good faith.
        _ = try wire.start("/test.Echo/Bidi", [[2, 2]], end: false)
        wire.server.embeddedEventLoop.advanceTime(by: .seconds(10))
        _ = try wire.start("/test.Echo/Bidi", [[3, 3, 3]], end: false)
        wire.server.isWritable = true
        wire.clientReads = true
        wire.pump()
        #expect(log.all.contains("received 2") && !log.all.contains("received 3"))
        let said = wire.serverBytes[before...]
        let last: [UInt8] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0]
        #expect(said.indices.contains { said[$0...].starts(with: last) })
        wire.clientHandler.finishSending(call)
        #expect(wire.drain(stream).status == .ok)
    }

    @Test("without connections a loop does not look at the clock")
    func noConnections() throws {
        let wire = try wire()
        #expect(wire.loop.isLooking)
        wire.serverHandler.drain(grace: .seconds(3))
        wire.pump()
        #expect(!wire.server.isActive && !wire.loop.isLooking)
    }
}
