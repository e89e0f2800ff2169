// What a peer may not do to a connection, and what it may; one thread, no network.

import NIOCore
import NIOEmbedded
import Testing

@testable import GRPC

@Suite struct HostilePeerTests {
    private let log = CallLog()

    private func wire(_ limits: ServerLimits = ServerLimits()) throws -> CallWire {
        let health = HealthRegistry(services: [])
        return try CallWire([EchoService.make(log), HealthService.make(health)], limits: limits)
    }

    @Test("a second message of a unary call is refused when it begins, not when it ends")
    func secondMessage() throws {
        let wire = try wire()
        let (stream, call) = try wire.start("/test.Echo/Unary", [[1]], end: false)
        #expect(wire.drain(stream).status == nil)
        wire.send([], call)
        #expect(wire.drain(stream).status?.code == .unimplemented)
        #expect(wire.serverHandler.recorder.pointee.heldBytes == 0)
    }

    @Test("each prefix of a batch is judged once, however small the pieces are")
    func judgedOnce() {
        var reader = MessageReader()
        let empty = [UInt8](repeating: 0, count: 5)
        // With every prefix judged again for each piece this would be 5 billion steps.
        for _ in 0..<100_000 { empty.withUnsafeBytes { reader.append($0, limit: 10) } }
        #expect(reader.violation == nil)
        var count = 0
        while reader.next() != nil { count += 1 }
        #expect(count == 100_000)
        reader.compact()
        [UInt8](arrayLiteral: 2).withUnsafeBytes { reader.append($0, limit: 10) }
        #expect(reader.violation?.code == .internal)
    }

    @Test("calls wait while the peer leaves its answers unread, and go on when it reads")
    func unreadAnswers() throws {
        var limits = ServerLimits()
        limits.unsentBytes = 100_000
        let wire = try wire(limits)
        wire.clientReads = false
        let message = [UInt8](repeating: 3, count: 1_000_000)
        let calls = try (0..<20).map { _ in try wire.start("/test.Echo/Large", [[]]) }
        // The connection's window lets 8 MiB go; of the rest, most is not even made.
        #expect(wire.serverHandler.recorder.pointee.unsentBytes <= 100_000 + 1_000_005)
        #expect(!wire.serverHandler.parked.isEmpty)
        wire.clientReads = true
        for (stream, _) in calls {
            let (messages, status) = wire.drain(stream)
            #expect(messages == [message] && status == .ok)
        }
        #expect(wire.serverHandler.recorder.pointee.unsentBytes == 0)
        #expect(wire.serverHandler.parked.isEmpty)
    }

    @Test("a connection that ends with a write is asked for nothing more")
    func endsInWrite() throws {
        let wire = try wire()
        let detail = [UInt8](repeating: 1, count: 300)
        for _ in 0..<500 { _ = try wire.start("/test.Echo/Fail", [detail], pumping: false) }
        let breaker = WriteBreaker()
        try wire.server.pipeline.syncOperations.addHandler(breaker, position: .first)
        wire.pump()
        #expect(breaker.writes == 1 && !wire.server.isActive)
        #expect(wire.serverHandler.recorder.pointee.openCount == 0)
    }

    @Test("writers of streams wait while the connection has too much unread, and all go on")
    func unreadStreams() throws {
        var limits = ServerLimits()
        limits.unsentBytes = 100_000
        let wire = try wire(limits)
        wire.clientReads = false
        // Each asks for a megabyte: the windows take 8 MiB of the 20, and the streams' own
        // buffers would take 64 KiB each.
        let request = [UInt8](repeating: 0, count: 1_000)
        let calls = try (0..<20).map { _ in try wire.start("/test.Echo/Flood", [request]) }
        #expect(wire.serverHandler.recorder.pointee.unsentBytes <= 100_000 + 20 * 1_005)
        #expect(wire.serverHandler.parked.count > 2)
        wire.clientReads = true
        for (stream, _) in calls {
            let (messages, status) = wire.drain(stream)
            #expect(messages.count == 1_000 && status == .ok)
        }
        #expect(wire.serverHandler.recorder.pointee.unsentBytes == 0)
        #expect(wire.serverHandler.parked.isEmpty)
    }

    @Test("those who wait for a connection go on in the order they came, whatever they are")
    func fairness() throws {
        var limits = ServerLimits()
        limits.unsentBytes = 100_000
        let wire = try wire(limits)
        wire.clientReads = false
        for _ in 0..<12 { _ = try wire.start("/test.Echo/Large", [[]]) }
        let request = [UInt8](repeating: 0, count: 500)
        let stream = try wire.start("/test.Echo/Flood", [request])
        let unary = try wire.start("/test.Echo/Unary", [[1]])
        let order = wire.serverHandler.parked.map { $0.pointee.id }
        #expect(order == order.sorted() && order.count >= 3)
        wire.clientReads = true
        #expect(wire.drain(unary.stream).status == .ok)
        #expect(wire.drain(stream.stream).messages.count == 500)
    }

    @Test("a waiting call ends with its deadline, and one that is cancelled is forgotten")
    func parkedDeadline() throws {
        var limits = ServerLimits()
        limits.unsentBytes = 1_000
        let wire = try wire(limits)
        wire.clientReads = false
        for _ in 0..<12 { _ = try wire.start("/test.Echo/Large", [[]]) }
        let options = CallOptions(timeout: .seconds(5))
        let late = try wire.start("/test.Echo/Unary", [[1]], options: options)
        let given = try wire.start("/test.Echo/Unary", [[1]])
        #expect(wire.serverHandler.parked.count >= 2)
        let before = wire.serverHandler.parked.count
        wire.clientHandler.cancel(given.call, GRPCStatus(.cancelled))
        wire.pump()
        #expect(wire.serverHandler.parked.count == before - 1)
        wire.server.embeddedEventLoop.advanceTime(to: .now() + .seconds(6))
        wire.clientReads = true
        #expect(wire.drain(late.stream).status?.code == .deadlineExceeded)
    }

    @Test("a client may cancel thousands of calls and keep its connection")
    func honestCancels() throws {
        let wire = try wire()
        for _ in 0..<3_000 {
            let (_, call) = try wire.start("/test.Echo/Bidi", [], end: false)
            wire.clientHandler.cancel(call, GRPCStatus(.cancelled))
            wire.pump()
        }
        #expect(try wire.call("/test.Echo/Unary", [[1]]).status == .ok)
        #expect(wire.serverHandler.recorder.pointee.openCount == 0)
    }

    @Test("a connection that has sent nothing is closed by a drain at once")
    func drainSilent() throws {
        let shared = ServerShared(services: [], limits: ServerLimits(), rejected: { _, _, _ in })
        let channel = EmbeddedChannel()
        let loop = ServerLoop(index: 0, eventLoop: channel.eventLoop, shared: shared, seed: 1)
        try channel.pipeline.syncOperations.addHandler(ServerConnectionHandler(loop: loop))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        #expect(channel.isActive)
        loop.drain(grace: .seconds(9))
        #expect(!channel.isActive)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test("a stream that is opened during a drain hears of it")
    func openedDuringDrain() throws {
        let wire = try wire()
        let (first, call) = try wire.start("/test.Echo/Bidi", [[1]], end: false)
        wire.loop.drain(grace: .seconds(9))
        wire.server.embeddedEventLoop.run()
        #expect(wire.drain(first).status == nil)
        #expect(log.all.filter { $0 == "draining 9.0 seconds" }.count == 1)
        wire.clientHandler.finishSending(call)
        #expect(wire.drain(first).status == .ok)
    }

    @Test("a health watch does not keep a name of any length")
    func longServiceName() throws {
        let name = [UInt8](repeating: UInt8(ascii: "x"), count: 257)
        let request: [UInt8] = [0x0A, 0x81, 0x02] + name
        let (_, status) = try wire().call("/grpc.health.v1.Health/Watch", [request])
        #expect(status?.code == .invalidArgument)
        #expect(status?.message.hasPrefix("service: ") == true)
    }

    @Test("too much metadata is refused as such, wherever it stands")
    func metadataLimit() throws {
        var options = CallOptions()
        options.metadata.add("x-large", String(repeating: "v", count: Metadata.maxBytes))
        let wire = try wire()
        let (_, status) = try wire.call("/test.Echo/Unary", [[1]], options: options)
        #expect(status?.code == .resourceExhausted)
        #expect(try wire.call("/test.Echo/Unary", [[1]]).status == .ok)
    }
}

/// Closes the channel at the first large write, as TLS does where it must not hold any more.
private final class WriteBreaker: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private(set) var writes = 0

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        let length = unwrapOutboundIn(data).readableBytes
        if length < ServerConnectionHandler.flushBytes, writes == 0 {
            return context.write(data, promise: promise)
        }
        writes += 1
        promise?.fail(ChannelError.ioOnClosedChannel)
        if writes == 1 { context.close(promise: nil) }
    }
}
