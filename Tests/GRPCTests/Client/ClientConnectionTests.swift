// One client connection against servers of every kind, good and bad; one thread, no network.

import NIOCore
import NIOEmbedded
import Testing

@testable import GRPC

@Suite struct ClientConnectionTests {
    private typealias Server = ScriptedServer
    private static let maxStreams: UInt16 = 3

    @Test("a call is answered, and the connection takes the next")
    func unary() throws {
        let server = try Server()
        for (index, id) in [Int32(1), 3, 5].enumerated() {
            let stream = server.start()
            #expect(server.opened() == [id])
            server.feed(Server.answer(id, [UInt8(index)]))
            #expect(stream.take().0 == [UInt8(index)])
            #expect(stream.take().1 == .ok)
        }
        #expect(server.handler.calls.isEmpty)
    }

    @Test("after a GOAWAY, streams above the last one may be tried again, others go on")
    func goAwayUnprocessed() throws {
        let server = try Server()
        let first = server.start()
        let second = server.start()
        #expect(server.opened() == [1, 3])
        server.feed(Server.goAway(last: 1))
        #expect(!server.connection.takesCalls)
        #expect(second.take().1?.code == .unavailable)
        #expect(second.retrySafety == .unprocessed)
        #expect(first.take().1 == nil)
        server.feed(Server.answer(1, [7]))
        #expect(first.take().0 == [7])
        #expect(first.take().1 == .ok)
        #expect(!server.channel.isActive)
        #expect(server.log.all.first == "goingAway(tooManyPings: false)")
    }

    @Test("the notice of a drain lets open calls finish, and refuses new ones as not sent")
    func drainNotice() throws {
        let server = try Server()
        let open = server.start()
        server.feed(Server.goAway(last: .max))
        let late = server.start()
        #expect(late.take().1?.code == .unavailable)
        #expect(late.retrySafety == .unsent)
        #expect(server.channel.isActive)
        server.feed(Server.answer(1, [7]))
        #expect(open.take().0 == [7])
    }

    @Test("a refused stream may be tried again, one that was reset otherwise may not")
    func resets() throws {
        let server = try Server()
        let refused = server.start()
        let cancelled = server.start()
        let begun = server.start()
        server.feed(Server.reset(1, error: 7) + Server.reset(3, error: 8))
        server.feed(Server.headers(5, [(":status", "200"), ("content-type", "application/grpc")]))
        server.feed(Server.reset(5, error: 7))
        #expect(refused.take().1?.code == .unavailable)
        #expect(refused.retrySafety == .unprocessed)
        #expect(cancelled.take().1?.code == .cancelled)
        #expect(cancelled.retrySafety == .none)
        #expect(begun.take().1?.code == .unavailable)
        #expect(begun.retrySafety == .none)
    }

    @Test("a lost connection ends its calls, which may have been processed")
    func lost() throws {
        let server = try Server()
        let stream = server.start()
        #expect(server.opened() == [1])
        server.channel.close(promise: nil)
        #expect(stream.take().1?.code == .unavailable)
        #expect(stream.retrySafety == .none)
        #expect(server.log.all == ["closed"])
    }

    @Test("calls beyond the server's limit wait their turn")
    func maxStreams() throws {
        let server = try Server(settings: [(Self.maxStreams, 2)])
        let streams = (0..<5).map { _ in server.start() }
        #expect(server.opened() == [1, 3])
        #expect(server.handler.queue.count == 3)
        server.feed(Server.answer(1, [1]))
        #expect(server.opened() == [5])
        server.feed(Server.answer(3, [2]) + Server.answer(5, [3]))
        #expect(server.opened() == [7, 9])
        server.feed(Server.answer(9, [5]) + Server.answer(7, [4]))
        #expect(streams.map { $0.take().0 } == [[1], [2], [3], [4], [5]])
        #expect(streams.allSatisfy { $0.take().1 == .ok })
    }

    @Test("a limit that is raised lets waiting calls go")
    func raisedLimit() throws {
        let server = try Server(settings: [(Self.maxStreams, 0)])
        _ = server.start()
        #expect(server.opened() == [])
        server.feed(Server.settings([(Self.maxStreams, 1)]))
        #expect(server.opened() == [1])
    }

    @Test("a waiting call ends with its deadline, its cancellation, or a GOAWAY")
    func waitingEnds() throws {
        let server = try Server(settings: [(Self.maxStreams, 1)])
        _ = server.start()
        let late = server.start(CallOptions(timeout: .seconds(2)))
        let given = server.start()
        let moved = server.start()
        given.cancel()
        server.advance(.seconds(3))
        #expect(late.take().1?.code == .deadlineExceeded)
        #expect(given.take().1?.code == .cancelled)
        #expect(server.handler.queue.count == 1)
        server.feed(Server.goAway(last: .max))
        #expect(moved.take().1?.code == .unavailable)
        #expect(moved.retrySafety == .unsent)
        #expect(server.opened() == [1])
    }

    @Test("a waiting call tells the server only the time that is left")
    func waitingTimeout() throws {
        let server = try Server(settings: [(Self.maxStreams, 1)])
        _ = server.start()
        _ = server.start(CallOptions(timeout: .seconds(5)))
        server.advance(.seconds(2))
        _ = server.frames()
        server.feed(Server.answer(1, []))
        let block = server.frames().first { $0.type == 1 && $0.stream == 3 }?.payload ?? []
        #expect(!block.isEmpty)
        #expect(server.handler.calls[3]?.id == 3)
    }

    @Test("the queue has an end")
    func queueFull() throws {
        let server = try Server(settings: [(Self.maxStreams, 0)])
        let streams = (0...ClientConnectionHandler.maxQueuedCalls).map { _ in server.start() }
        #expect(server.handler.queue.count == ClientConnectionHandler.maxQueuedCalls)
        #expect(streams.last?.take().1?.code == .resourceExhausted)
    }

    @Test("a server that answers no ping is given up, and its calls end")
    func keepaliveDead() throws {
        let policy = KeepalivePolicy(time: .seconds(30), timeout: .seconds(5))
        let server = try Server(keepalive: policy)
        server.advance(.seconds(20))
        let stream = server.start()
        _ = server.frames()
        server.advance(.seconds(11))
        #expect(server.frames().map(\.type) == [6])
        server.advance(.seconds(6))
        #expect(stream.take().1?.message == "the server does not answer a keepalive ping")
        #expect(!server.channel.isActive)
    }

    @Test("an answered ping keeps the connection")
    func keepaliveAnswered() throws {
        let server = try Server(
            keepalive: KeepalivePolicy(time: .seconds(30), timeout: .seconds(5)))
        let stream = server.start()
        _ = server.frames()
        for _ in 0..<5 {
            var pings: [Server.Frame] = []
            for _ in 0..<31 where pings.isEmpty {
                server.advance(.seconds(1))
                pings = server.frames().filter { $0.type == 6 }
            }
            #expect(pings.count == 1)
            server.feed(Server.frame(6, flags: 1, pings.first?.payload ?? []))
        }
        #expect(server.channel.isActive)
        server.feed(Server.answer(1, [1]))
        #expect(stream.take().0 == [1])
    }

    @Test("too many pings are told to the owner")
    func tooManyPings() throws {
        let server = try Server()
        server.feed(Server.goAway(last: 0, error: 11, "too_many_pings"))
        #expect(server.log.all.first == "goingAway(tooManyPings: true)")
    }

    // MARK: - Hostile servers

    @Test("interim headers are passed over, however they look")
    func interimHeaders() throws {
        let server = try Server()
        let stream = server.start()
        server.feed(Server.headers(1, [(":status", "103"), ("x-early", "1")]))
        server.feed(Server.headers(1, [(":status", "100")]))
        server.feed(
            Server.headers(
                1,
                [
                    (":status", "200"), ("content-type", "application/grpc"), ("x-late", "2"),
                ]))
        #expect(stream.headers["x-early"] == nil)
        #expect(stream.headers["x-late"] == "2")
        server.feed(
            Server.frame(0, stream: 1, [0, 0, 0, 0, 0])
                + Server.headers(1, [("grpc-status", "0")], end: true))
        #expect(stream.take().0 == [])
        #expect(stream.take().1 == .ok)
    }

    @Test("interim headers for ever end the connection")
    func interimFlood() throws {
        let server = try Server()
        let stream = server.start()
        let block = Server.headers(1, [(":status", "100"), ("x", "y")])
        for _ in 0..<40 where server.channel.isActive {
            server.feed([[UInt8]](repeating: block, count: 1_000).flatMap { $0 })
        }
        #expect(!server.channel.isActive)
        #expect(stream.take().1?.code == .unavailable)
    }

    @Test("a flood of pings, settings or empty data ends the connection", arguments: [0, 1, 2])
    func floods(kind: Int) throws {
        let server = try Server()
        let stream = server.start()
        if kind == 2 {
            server.feed(
                Server.headers(1, [(":status", "200"), ("content-type", "application/grpc")]))
        }
        let one = [Server.ping(), Server.settings([]), Server.frame(0, stream: 1)][kind]
        // In pieces, so that every answer leaves: only the rate gives it away.
        let piece = [[UInt8]](repeating: one, count: 500).flatMap { $0 }
        for _ in 0..<60 where server.channel.isActive {
            server.feed(piece)
            _ = server.frames()
        }
        #expect(!server.channel.isActive)
        #expect(stream.take().1?.message == "the server floods the connection with frames")
    }

    @Test("headers without end are not stored")
    func endlessHeaders() throws {
        let server = try Server()
        let stream = server.start()
        let fields = (0..<60).map { ("x-\($0)", String(repeating: "v", count: 100)) }
        server.feed(Server.headers(1, [(":status", "200"), ("content-type", "application/grpc")]))
        server.feed(
            Server.headers(1, fields + fields + [("grpc-status", "0")], end: true))
        #expect(stream.take().1 == .ok)
        var bytes = 0
        for pair in stream.trailers.pairs { bytes += pair.name.utf8.count + pair.value.count }
        #expect(bytes <= Metadata.maxBytes * 2)
    }

    @Test("an end without a status, a cut message and a message too many are failures")
    func badEnds() throws {
        let server = try Server()
        let head = [(":status", "200"), ("content-type", "application/grpc")]
        let mute = server.start()
        server.feed(Server.headers(1, head) + Server.headers(1, [("x", "y")], end: true))
        #expect(mute.take().1?.code == .unknown)
        let cut = server.start()
        server.feed(Server.headers(3, head) + Server.frame(0, stream: 3, [0, 0, 0, 0, 9, 1]))
        server.feed(Server.headers(3, [("grpc-status", "0")], end: true))
        #expect(cut.take().1?.code == .internal)
        let huge = server.start()
        server.feed(Server.headers(5, head) + Server.frame(0, stream: 5, [0, 255, 0, 0, 0]))
        #expect(huge.take().1?.code == .resourceExhausted)
        let web = server.start()
        server.feed(
            Server.headers(7, [(":status", "503"), ("content-type", "text/html")], end: true))
        #expect(web.take().1?.code == .unavailable)
        #expect(server.channel.isActive)
    }

    @Test("bytes that are not HTTP/2 end the connection with a sentence")
    func notHTTP2() throws {
        let server = try Server()
        let stream = server.start()
        server.feed(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        #expect(stream.take().1?.message.hasPrefix("the server does not speak HTTP/2") == true)
        #expect(!server.channel.isActive)
    }
}
