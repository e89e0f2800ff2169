// What happens to a connection whose peer attacks it, row by row; one thread, no network.

import NIOCore
import NIOEmbedded
import Testing

@testable import GRPC

@Suite struct AbuseTests {
    typealias Kind = RawPeer.FrameType
    private let log = CallLog()

    private func peer(
        _ limits: ServerLimits = ServerLimits(), gate: AsyncGate = AsyncGate(),
        greets: Bool = true
    ) throws -> RawPeer {
        try RawPeer([EchoService.make(log, gate: gate)], limits: limits, greets: greets)
    }

    /// The connection has ended for that reason, said so and counted it once.
    private func expectEnd(
        _ peer: RawPeer, _ reason: ConnectionRejection,
        _ error: HTTP2ErrorCode = .enhanceYourCalm, location: SourceLocation = #_sourceLocation
    ) {
        #expect(peer.goAway?.error == error, sourceLocation: location)
        #expect(peer.goAwayText == reason.rawValue, sourceLocation: location)
        #expect(
            peer.rejections == ["\(reason.rawValue) 127.0.0.1"],
            sourceLocation: location)
        #expect(peer.shared.rejections == [reason: 1], sourceLocation: location)
        #expect(!peer.channel.isActive, sourceLocation: location)
        #expect(peer.handler.recorder.pointee.openCount == 0, sourceLocation: location)
    }

    /// The connection goes on.
    private func expectLife(
        _ peer: RawPeer, stream: UInt32 = 99_999, location: SourceLocation = #_sourceLocation
    ) {
        #expect(peer.rejections.isEmpty, sourceLocation: location)
        peer.send(RawPeer.request(stream, "/test.Echo/Unary", [1]))
        let answer = peer.frames.last { $0.stream == stream }
        #expect(answer?.type == Kind.headers, "no answer came", sourceLocation: location)
        #expect(peer.goAway == nil, sourceLocation: location)
    }

    // MARK: - Resets

    @Test("a rapid reset ends the connection, and no handler hears of its calls")
    func rapidReset() throws {
        var limits = ServerLimits()
        limits.resetsPerSecond = 10
        let peer = try peer(limits)
        let calls = RawPeer.streams(1_000) {
            RawPeer.headers($0, "/test.Echo/Bidi") + RawPeer.reset($0)
        }
        peer.send(flood: calls)
        expectEnd(peer, .tooManyResets)
        #expect(!log.all.contains("opened"))
    }

    @Test("resets within the limits are nobody's business")
    func resetsWithinLimits() throws {
        let peer = try peer()
        let calls = RawPeer.streams(9_000) {
            RawPeer.headers($0, "/test.Echo/Bidi") + RawPeer.reset($0)
        }
        peer.send(flood: calls)
        expectLife(peer)
    }

    @Test("a cancelled handler keeps its place until it ends, and a call without one is refused")
    func orphans() async throws {
        var limits = ServerLimits()
        limits.concurrentStreams = 3
        let gate = AsyncGate()
        let peer = try peer(limits, gate: gate)
        for stream: UInt32 in [1, 3, 5] {
            peer.send(RawPeer.request(stream, "/test.Echo/Stubborn"))
            peer.send(RawPeer.reset(stream))
        }
        #expect(log.all == ["stubborn", "stubborn", "stubborn"])
        #expect(peer.handler.recorder.pointee.orphanedCalls == 3)
        #expect(peer.handler.recorder.pointee.openCount == 0)
        peer.send(RawPeer.request(7, "/test.Echo/Unary", [1]))
        peer.send(RawPeer.headers(9, "/test.Echo/Bidi"))
        #expect(peer.resets(.refusedStream) == 2)
        #expect(!log.all.contains("opened"))
        gate.open()
        peer.read()
        #expect(peer.handler.recorder.pointee.orphanedCalls == 0)
        #expect(peer.handler.recorder.pointee.liveCount == 0)
        expectLife(peer)
    }

    // MARK: - Errors that the peer provokes

    @Test("a peer that makes the server reset its calls ends as one that resets them itself")
    func madeYouReset() throws {
        var limits = ServerLimits()
        limits.streamErrorsPerSecond = 10
        let peer = try peer(limits)
        let calls = RawPeer.streams(1_000) {
            // Trailers that are none.
            RawPeer.headers($0, "/test.Echo/Bidi") + RawPeer.headers($0, "/test.Echo/Bidi")
        }
        peer.send(flood: calls)
        #expect(peer.resets(.protocolError) > 0)
        expectEnd(peer, .tooManyStreamErrors)
    }

    @Test("a window above its size ends the connection, not the stream alone")
    func windowOverflow() throws {
        let peer = try peer(ServerLimits())
        peer.send(
            RawPeer.headers(1, "/test.Echo/Bidi") + RawPeer.windowUpdate(1, by: 0x7FFF_FFFF))
        expectEnd(peer, .protocolError, .flowControlError)
    }

    @Test("malformed header blocks and those of no stream count as errors")
    func headersWithoutStream() throws {
        var limits = ServerLimits()
        limits.streamErrorsPerSecond = 10
        let malformed = try peer(limits)
        let block = RawPeer.block([(":method", "POST"), ("Upper", "case")])
        malformed.send(
            flood: RawPeer.streams(1_000) {
                RawPeer.frame(Kind.headers, flags: 5, stream: $0, block)
            })
        expectEnd(malformed, .tooManyStreamErrors)
        // Closed by the server, and so far back that nobody knows by whom.
        let late = try peer(limits)
        late.send(RawPeer.headers(1, "/no.Such/Call"))
        late.send(
            flood: RawPeer.streams(1_000) { _ in RawPeer.headers(1, "/test.Echo/Bidi") })
        expectEnd(late, .tooManyStreamErrors)
    }

    @Test("calls that the server ends early are not errors of the peer")
    func earlyAnswers() throws {
        var limits = ServerLimits()
        limits.streamErrorsPerSecond = 1
        let peer = try peer(limits)
        for index in 0..<100 { peer.send(RawPeer.headers(UInt32(2 * index + 1), "/no.Such/Call")) }
        #expect(peer.resets(.noError) == 100)
        expectLife(peer)
    }

    // MARK: - Frames that carry nothing

    static let emptyFrames: [(String, [UInt8])] = [
        ("PING", RawPeer.frame(Kind.ping, [UInt8](repeating: 1, count: 8))),
        ("PING ACK", RawPeer.frame(Kind.ping, flags: 1, [UInt8](repeating: 1, count: 8))),
        ("SETTINGS", RawPeer.frame(Kind.settings)),
        ("PRIORITY", RawPeer.frame(Kind.priority, stream: 1, [0, 0, 0, 0, 9])),
        ("WINDOW_UPDATE", RawPeer.windowUpdate(0, by: 1)),
        ("WINDOW_UPDATE of a closed stream", RawPeer.windowUpdate(3, by: 1)),
        ("GOAWAY", RawPeer.frame(Kind.goAway, [UInt8](repeating: 0, count: 8))),
        ("unknown", RawPeer.frame(Kind.unknown, stream: 1, [1, 2, 3])),
        ("PRIORITY_UPDATE", RawPeer.frame(0x10, [0, 0, 0, 1])),
        ("empty DATA", RawPeer.frame(Kind.data, stream: 5)),
        ("DATA of padding", RawPeer.frame(Kind.data, flags: 8, stream: 5, [3, 0, 0, 0])),
    ]

    @Test("a flood of frames that carry nothing ends the connection", arguments: emptyFrames)
    func controlFlood(_ kind: String, _ frame: [UInt8]) throws {
        var limits = ServerLimits()
        limits.controlFramesPerSecond = 100
        limits.keepaliveMinPingInterval = .zero  // a judge of its own, that is not asked here
        let peer = try peer(limits)
        peer.send(RawPeer.headers(3, "/test.Echo/Bidi") + RawPeer.reset(3))
        peer.send(RawPeer.headers(5, "/test.Echo/Bidi"))
        for _ in 0..<90 { peer.send(frame) }
        #expect(peer.rejections.isEmpty)
        peer.send(flood: RawPeer.streams(20_000) { _ in frame })
        expectEnd(peer, .controlFlood)
        // The call on stream 5 has ended with its connection.
        #expect(log.all.last == "closed CANCELLED")
    }

    @Test(
        "answers that the peer does not read pile up no further than nghttp2 counts them",
        arguments: [
            RawPeer.frame(Kind.ping, [UInt8](repeating: 1, count: 8)),
            RawPeer.frame(Kind.settings),
        ])
    func unreadAcknowledgements(_ frame: [UInt8]) throws {
        var limits = ServerLimits()
        limits.keepaliveMinPingInterval = .zero
        let peer = try peer(limits)
        peer.send(RawPeer.headers(1, "/test.Echo/Bidi"))
        peer.channel.isWritable = false
        for _ in 0..<990 { peer.send(frame) }
        #expect(peer.rejections.isEmpty)
        for _ in 0..<20 { peer.send(frame) }
        #expect(peer.shared.rejections == [.controlFlood: 1])
        #expect(peer.handler.recorder.pointee.openCount == 0)
        // The farewell cannot be written, so the connection is not waited for for ever.
        peer.channel.embeddedEventLoop.advanceTime(by: .seconds(11))
        #expect(!peer.channel.isActive)
    }

    @Test("a peer that reads a hundred streams may update windows and ping all the while")
    func honestReader() throws {
        var limits = ServerLimits()
        limits.controlFramesPerSecond = 100
        let peer = try peer(limits)
        let request = [UInt8](repeating: 0, count: 600)
        for index in 0..<100 {
            peer.send(RawPeer.request(UInt32(2 * index + 1), "/test.Echo/Flood", request))
        }
        var (seen, sent, rounds) = (0, 0, 0)
        while seen < peer.frames.count, peer.rejections.isEmpty {
            var bytes = RawPeer.frame(Kind.ping, [UInt8](repeating: 1, count: 8))
            sent += 1
            for frame in peer.frames[seen...] where frame.type == Kind.data {
                let length = UInt32(frame.payload.count)
                guard length > 0 else { continue }
                bytes += RawPeer.windowUpdate(0, by: length)
                bytes += RawPeer.windowUpdate(frame.stream, by: length)
                sent += 2
            }
            seen = peer.frames.count
            rounds += 1
            if peer.frames.filter({ $0.type == Kind.headers }).count == 200 { break }
            peer.send(bytes)
        }
        #expect(peer.frames.filter { $0.type == Kind.headers }.count == 200)
        #expect(sent > 2_000)
        expectLife(peer)
    }

    // MARK: - Header blocks

    /// A header block that fills HPACK's table with one large field and then only points at it.
    private static func bomb(_ references: Int) -> [UInt8] {
        let field =
            [0x40] + RawPeer.literal("x-bomb")
            + RawPeer.literal(String(repeating: "b", count: 3_900))
        return RawPeer.requestBlock("/test.Echo/Unary") + field
            + [UInt8](repeating: 0x80 | 62, count: references)
    }

    @Test("a header block over the limit is answered, one far over it ends the connection")
    func headerBomb() throws {
        let peer = try peer()
        peer.send(RawPeer.frame(Kind.headers, flags: 5, stream: 1, Self.bomb(20)))
        #expect(peer.handler.recorder.pointee.headerBytes > 64 << 10)
        expectLife(peer, stream: 3)
        peer.send(RawPeer.frame(Kind.headers, flags: 5, stream: 5, Self.bomb(10_000)))
        expectEnd(peer, .headersTooLarge)
        // It was not decoded to its end.
        #expect(peer.handler.recorder.pointee.headerBytes < 256 << 10)
    }

    @Test("trailers of a request have the same end")
    func trailerBomb() throws {
        let peer = try peer()
        peer.send(RawPeer.headers(1, "/test.Echo/Bidi"))
        let field =
            [0x40] + RawPeer.literal("x-bomb")
            + RawPeer.literal(String(repeating: "b", count: 3_900))
        let block = field + [UInt8](repeating: 0x80 | 62, count: 10_000)
        peer.send(RawPeer.frame(Kind.headers, flags: 5, stream: 1, block))
        expectEnd(peer, .headersTooLarge)
    }

    @Test("a header block in too many pieces ends the connection")
    func continuationFlood() throws {
        let peer = try peer()
        let head = RawPeer.frame(
            Kind.headers, flags: 1, stream: 1, RawPeer.requestBlock("/test.Echo/Unary"))
        let piece = RawPeer.frame(Kind.continuation, stream: 1, RawPeer.block([("a", "b")]))
        let last = RawPeer.frame(Kind.continuation, flags: 4, stream: 1)
        peer.send(head + RawPeer.streams(7) { _ in piece } + last)
        expectLife(peer, stream: 3)
        let next = RawPeer.frame(
            Kind.headers, flags: 1, stream: 5, RawPeer.requestBlock("/test.Echo/Unary"))
        let pieces = RawPeer.frame(Kind.continuation, stream: 5, RawPeer.block([("a", "b")]))
        peer.send(next + RawPeer.streams(9) { _ in pieces })
        expectEnd(peer, .headersTooLarge)
    }

    // MARK: - What is no HTTP/2

    @Test("what is not HTTP/2 is told so")
    func notHTTP2() throws {
        let peer = try peer(greets: false)
        peer.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        expectEnd(peer, .notHTTP2, .protocolError)
    }

    @Test("what nghttp2 ends by itself is counted")
    func ownGoAway() throws {
        let peer = try peer()
        peer.send(RawPeer.frame(Kind.data, stream: 1, [UInt8](repeating: 0, count: 20_000)))
        #expect(peer.goAway?.error == .frameSizeError)
        #expect(peer.shared.rejections == [.protocolError: 1])
        #expect(!peer.channel.isActive)
    }

    @Test("a peer that leaves by itself was not rejected")
    func farewell() throws {
        let peer = try peer()
        peer.send(RawPeer.frame(Kind.goAway, [UInt8](repeating: 0, count: 8)))
        #expect(peer.rejections.isEmpty)
        #expect(!peer.channel.isActive)
    }

    // MARK: - Connections

    @Test("a connection without a place is counted and costs no session")
    func tooManyConnections() throws {
        var limits = ServerLimits()
        limits.connections = 1
        let peer = try peer(limits)
        let address = try SocketAddress(ipAddress: "192.0.2.7", port: 9)
        #expect(peer.shared.admit(address))
        #expect(!peer.shared.admit(address))
        #expect(peer.rejections == ["too_many_connections 192.0.2.7"])
        #expect(peer.shared.connections == 1)
        peer.shared.leave()
        #expect(peer.shared.admit(address))
    }

    @Test("the names of the reasons are as they were published")
    func names() {
        #expect(
            ConnectionRejection.allCases.map(\.rawValue) == [
                "too_many_connections", "tls_handshake", "not_http2", "protocol_error",
                "internal_error", "preface_timeout", "settings_timeout", "stalled",
                "keepalive_timeout", "too_many_pings", "too_many_resets",
                "too_many_stream_errors", "control_flood", "headers_too_large",
            ])
    }
}
