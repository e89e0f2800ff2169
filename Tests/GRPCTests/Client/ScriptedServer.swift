// A client connection in memory, and the bytes that a test says a server would send; one
// thread, no network.

import NIOCore
import NIOEmbedded

@testable import GRPC

/// Frames by hand on one side, a real client connection on the other.
final class ScriptedServer {
    /// A frame that the client has sent.
    struct Frame: Equatable {
        let type: UInt8
        let flags: UInt8
        let stream: Int32
        let payload: [UInt8]
    }

    let channel = EmbeddedChannel()
    let handler: ClientConnectionHandler
    let connection: ClientConnection
    let ready: EventLoopFuture<Void>
    /// What the connection has told its owner.
    let log = CallLog()
    private var unread: [UInt8] = []

    /// Connects and greets with these settings.
    init(keepalive: KeepalivePolicy? = nil, settings: [(UInt16, UInt32)] = []) throws {
        var setup = ConnectionSetup(authority: "test")
        setup.keepalive = keepalive
        let promise = channel.eventLoop.makePromise(of: Void.self)
        ready = promise.futureResult
        let log = log
        let report = ConnectionReport { log.note("\($0)") }
        handler = ClientConnectionHandler(setup: setup, ready: promise, report: report)
        connection = ClientConnection(
            channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop),
            report: report)
        try channel.pipeline.syncOperations.addHandler(handler)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        feed(Self.settings(settings))
        _ = frames()
    }

    deinit {
        // Closing fails only where the connection has closed itself.
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// Starts a unary call.
    func start(_ options: CallOptions = .init()) -> ClientStream {
        let stream = connection.start("/test.Echo/Unary", FramedMessage([1]), options)
        channel.embeddedEventLoop.run()
        return stream
    }

    /// Lets the server send.
    func feed(_ bytes: [UInt8]) {
        // A handler's error closes the channel, and tests look at that.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
    }

    func advance(_ amount: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: amount) }

    /// What the client has sent since the last time.
    func frames() -> [Frame] {
        channel.embeddedEventLoop.run()
        // Reading fails only for another type, which the handler never writes.
        while let bytes = (try? channel.readOutbound(as: ByteBuffer.self)) ?? nil {
            unread += Array(bytes.readableBytesView)
        }
        return Self.takeFrames(&unread)
    }

    /// Takes the whole frames out of what a client has sent, its preface aside.
    static func takeFrames(_ unread: inout [UInt8]) -> [Frame] {
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        if unread.starts(with: preface) { unread.removeFirst(preface.count) }
        var frames: [Frame] = []
        while unread.count >= 9 {
            let length = Int(unread[0]) << 16 | Int(unread[1]) << 8 | Int(unread[2])
            guard unread.count >= 9 + length else { break }
            let stream = unread[5..<9].reduce(Int32(0)) { $0 << 8 | Int32($1) }
            frames.append(
                Frame(
                    type: unread[3], flags: unread[4], stream: stream,
                    payload: Array(unread[9..<9 + length])))
            unread.removeFirst(9 + length)
        }
        return frames
    }

    /// The streams that the client has opened since the last time.
    func opened() -> [Int32] { frames().filter { $0.type == 1 }.map(\.stream) }

    // MARK: - Frames

    static func frame(
        _ type: UInt8, flags: UInt8 = 0, stream: Int32 = 0, _ payload: [UInt8] = []
    )
        -> [UInt8]
    {
        let length = [
            UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 255), UInt8(payload.count & 255),
        ]
        return length + [type, flags] + number(UInt32(stream)) + payload
    }

    static func settings(_ settings: [(UInt16, UInt32)]) -> [UInt8] {
        var payload: [UInt8] = []
        for (id, value) in settings {
            payload += [UInt8(id >> 8), UInt8(id & 255)] + number(value)
        }
        return frame(4, payload)
    }

    static func goAway(last: Int32, error: UInt32 = 0, _ text: String = "") -> [UInt8] {
        frame(7, number(UInt32(last)) + number(error) + Array(text.utf8))
    }

    static func reset(_ stream: Int32, error: UInt32) -> [UInt8] {
        frame(3, stream: stream, number(error))
    }

    static func ping() -> [UInt8] { frame(6, [UInt8](repeating: 9, count: 8)) }

    /// A header block with literal fields.
    static func headers(
        _ stream: Int32, _ fields: [(String, String)], end: Bool = false
    )
        -> [UInt8]
    {
        var block: [UInt8] = []
        for (name, value) in fields {
            block += [0, UInt8(name.utf8.count)] + Array(name.utf8)
            block += [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        return frame(1, flags: end ? 5 : 4, stream: stream, block)
    }

    /// A whole answer with one message.
    static func answer(_ stream: Int32, _ message: [UInt8]) -> [UInt8] {
        headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
            + frame(0, stream: stream, [0] + number(UInt32(message.count)) + message)
            + headers(stream, [("grpc-status", "0")], end: true)
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
    }
}
