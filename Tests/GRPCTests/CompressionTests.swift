// Messages packed and plain, both ways, between the two halves of this target.

import NIOCore
import NIOEmbedded
import Testing

@testable import GRPC

@Suite struct CompressionTests {
    private let log = CallLog()
    private let zeros = [UInt8](repeating: 0, count: 100_000)
    private let packing = CallOptions(compressesMessages: true)

    private func wire(_ limits: ServerLimits = ServerLimits()) throws -> CallWire {
        try CallWire([PackingService.make(log), EchoService.make(log)], limits: limits)
    }

    @Test("a packed request is unpacked for its handler, who can tell that it was packed")
    func request() throws {
        let wire = try wire()
        #expect(try wire.call("/test.Packing/Size", [zeros], options: packing).status == .ok)
        #expect(try wire.call("/test.Packing/Size", [zeros]).status == .ok)
        #expect(log.all == ["100000 packed", "100000 plain"])
        #expect(wire.serverHandler.recorder.pointee.heldBytes == 0)
    }

    @Test("a message that would not get smaller is sent plain")
    func incompressible() throws {
        let noise = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ ($0 >> 3) &* 89) }
        _ = try wire().call("/test.Packing/Size", [noise], options: packing)
        _ = try wire().call("/test.Packing/Size", [[]], options: packing)
        #expect(log.all == ["200 plain", "0 plain"])
    }

    @Test("a handler that asks for it has its reply packed", arguments: ["Reply", "Later"])
    func reply(method: String) throws {
        let wire = try wire()
        let (stream, call) = try wire.start("/test.Packing/\(method)", [zeros])
        #expect(wire.drain(stream).messages == [zeros])
        #expect(call.reader.encoding == .gzip)
        #expect(wire.serverBytes.count < 2_000)
    }

    @Test("the server's threshold packs replies above it, and no others")
    func threshold() throws {
        var limits = ServerLimits()
        limits.compressRepliesAboveBytes = 1_000
        let wire = try wire(limits)
        let small = [UInt8](repeating: 0, count: 1_000)
        let (first, plain) = try wire.start("/test.Echo/Unary", [small])
        #expect(wire.drain(first).messages == [small])
        #expect(plain.reader.encoding == .unnamed)
        let large = [UInt8](repeating: 0, count: 1_001)
        let (second, packed) = try wire.start("/test.Echo/Unary", [large])
        #expect(wire.drain(second).messages == [large])
        #expect(packed.reader.encoding == .gzip)
    }

    @Test("each message of a stream is packed or plain as its handler says")
    func stream() throws {
        let wire = try wire()
        let (stream, call) = try wire.start("/test.Packing/Stream", [zeros, [1], zeros])
        #expect(wire.drain(stream).messages == [zeros, [1], zeros])
        #expect(call.reader.encoding == .gzip)
        // The last one went plain.
        #expect(wire.serverBytes.count > zeros.count)
        #expect(wire.serverBytes.count < 2 * zeros.count)
    }

    @Test("what a request unpacks to is judged by the same limit, whatever it had on the wire")
    func limit() throws {
        var limits = ServerLimits()
        limits.messageBytes = zeros.count
        let wire = try wire(limits)
        #expect(try wire.call("/test.Packing/Size", [zeros], options: packing).status == .ok)
        let (_, status) = try wire.call("/test.Packing/Size", [zeros + [0]], options: packing)
        #expect(status?.code == .resourceExhausted)
        #expect(status?.message.contains("at most 100000 bytes") == true)
        #expect(log.all == ["100000 packed"])
    }

    @Test("a batch of bombs is unpacked by turns, and each call is still answered")
    func turns() throws {
        var limits = ServerLimits()
        limits.codedBytes = 250_000
        let wire = try wire(limits)
        let calls = try (0..<8).map { _ in
            try wire.start("/test.Packing/Size", [zeros], options: packing)
        }
        // Three have filled the turn.
        #expect(log.all.count == 3)
        let (plain, _) = try wire.start("/test.Echo/Bidi", [[1]])
        #expect(wire.drain(plain).messages == [[1]])
        for turn in 1...2 {
            wire.server.embeddedEventLoop.advanceTime(by: .milliseconds(1))
            wire.pump()
            #expect(log.all.filter { $0 == "100000 packed" }.count == min(8, 3 + turn * 3))
        }
        for (stream, _) in calls { #expect(wire.drain(stream).status == .ok) }
        #expect(wire.serverHandler.recorder.pointee.awaitingTurn.isEmpty)
    }

    @Test("a stream of bombs is read by turns as well")
    func streamTurns() throws {
        var limits = ServerLimits()
        limits.codedBytes = 150_000
        let wire = try wire(limits)
        let messages = [[UInt8]](repeating: zeros, count: 6)
        let (stream, _) = try wire.start("/test.Echo/Sum", messages, options: packing)
        #expect(wire.drain(stream).status == nil)
        for _ in 0..<3 { wire.server.embeddedEventLoop.advanceTime(by: .milliseconds(1)) }
        let (sums, status) = wire.drain(stream)
        #expect(sums == [Array("600000".utf8)])
        #expect(status == .ok)
    }

    @Test("a client holds a packed answer as it came, and unpacks it when it is read")
    func lazyClient() throws {
        let wire = try wire()
        let (stream, _) = try wire.start("/test.Packing/Stream", [zeros, zeros])
        #expect(stream.unreadBytes < 2_000)
        let (messages, status) = wire.drain(stream)
        #expect(messages == [zeros, zeros])
        #expect(status == .ok)
    }

    @Test("an answer that unpacks to more than the client takes ends the call for it")
    func clientLimit() throws {
        let large = [UInt8](repeating: 0, count: (4 << 20) + 1)
        var limits = ServerLimits()
        limits.messageBytes = 8 << 20
        limits.codedBytes = 64 << 20
        let wire = try wire(limits)
        #expect(try wire.call("/test.Packing/Reply", [large]).status?.code == .resourceExhausted)
        #expect(try wire.call("/test.Packing/Reply", [zeros]).messages == [zeros])
    }

    @Test("a call that waits for its turn can be cancelled")
    func cancelWaiting() throws {
        var limits = ServerLimits()
        limits.codedBytes = 1
        let wire = try wire(limits)
        _ = try wire.start("/test.Packing/Size", [zeros], options: packing)
        let (_, call) = try wire.start("/test.Packing/Size", [zeros], options: packing)
        #expect(wire.serverHandler.recorder.pointee.awaitingTurn.count == 1)
        wire.clientHandler.cancel(call, GRPCStatus(.cancelled))
        wire.pump()
        #expect(wire.serverHandler.recorder.pointee.awaitingTurn.isEmpty)
        wire.server.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(log.all.count == 1)
    }

    @Test("an answer is packed only for a caller that accepts gzip")
    func accepted() throws {
        for (list, accepts) in [
            ("gzip", true), ("identity, deflate, gzip", true), ("identity,\tgzip ,br", true),
            ("", false), ("identity", false), ("gzipped, xgzip", false), (",,", false),
        ] {
            var encodings = AcceptedEncodings()
            // Twice, since the second time is answered from memory.
            for _ in 0..<2 {
                let found = Array(list.utf8).withUnsafeBufferPointer {
                    encodings.acceptsGzip($0)
                }
                #expect(found == accepts, "\(list)")
            }
        }
        let long = Array((String(repeating: "x,", count: 200) + "gzip").utf8)
        var encodings = AcceptedEncodings()
        let found = long.withUnsafeBufferPointer { encodings.acceptsGzip($0) }
        #expect(found)
    }
}
