// A client that sends whatever frames a test makes up, joined to a server connection in memory.

import Locks
import NIOCore
import NIOEmbedded

@testable import GRPC

/// One connection of a server, and the bytes of a peer that keeps to no rules.
final class RawPeer {
    /// A frame of the server.
    struct Frame: Equatable {
        var type: UInt8
        var flags: UInt8
        var stream: UInt32
        var payload: [UInt8]

        /// The error code that ends a stream or a connection.
        var error: HTTP2ErrorCode? {
            let tail = payload.dropFirst(type == FrameType.goAway ? 4 : 0).prefix(4)
            return HTTP2ErrorCode(rawValue: tail.reduce(0) { $0 << 8 | UInt32($1) })
        }
    }

    enum FrameType {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let priority: UInt8 = 2
        static let reset: UInt8 = 3
        static let settings: UInt8 = 4
        static let ping: UInt8 = 6
        static let goAway: UInt8 = 7
        static let windowUpdate: UInt8 = 8
        static let continuation: UInt8 = 9
        static let unknown: UInt8 = 0xBE
    }

    let channel = EmbeddedChannel()
    let handler: ServerConnectionHandler
    let shared: ServerShared
    private let heard = Rejections()
    private var unparsed: [UInt8] = []
    /// Every frame of the server so far.
    private(set) var frames: [Frame] = []

    /// Connects, and says hello unless `greets` is false.
    init(
        _ services: [Service], limits: ServerLimits = ServerLimits(), greets: Bool = true
    ) throws {
        let heard = heard
        shared = ServerShared(
            services: services, limits: limits,
            rejected: { reason, _, peer in heard.note("\(reason.rawValue) \(peer)") })
        handler = ServerConnectionHandler(
            loop: ServerLoop(index: 0, eventLoop: channel.eventLoop, shared: shared, seed: 1))
        try channel.pipeline.syncOperations.addHandler(handler)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        if greets {
            send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Self.frame(FrameType.settings))
            send(Self.frame(FrameType.settings, flags: 1))
        }
    }

    deinit {
        // Closing fails only where the server has closed the channel itself.
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// What the server's callback heard: reason and address of each rejected connection.
    var rejections: [String] { heard.all }
    var goAway: Frame? { frames.last { $0.type == FrameType.goAway } }
    /// The debug data of the last GOAWAY.
    var goAwayText: String { String(decoding: (goAway?.payload ?? []).dropFirst(8), as: UTF8.self) }

    func resets(_ error: HTTP2ErrorCode) -> Int {
        frames.filter { $0.type == FrameType.reset && $0.error == error }.count
    }

    func send(_ bytes: [UInt8]) {
        // The handler's error closes the channel, and tests look at that.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        read()
    }

    /// Sends all of it in pieces as a socket would deliver them, until the server has enough.
    func send(flood: [UInt8]) {
        var rest = flood[...]
        while !rest.isEmpty, channel.isActive, rejections.isEmpty {
            send(Array(rest.prefix(16_384)))
            rest = rest.dropFirst(16_384)
        }
    }

    /// Takes in what the server has written.
    func read() {
        channel.embeddedEventLoop.run()
        while let bytes = (try? channel.readOutbound(as: ByteBuffer.self)) ?? nil {
            unparsed += Array(bytes.readableBytesView)
        }
        var start = 0
        while unparsed.count - start >= 9 {
            let head = Array(unparsed[start..<start + 9])
            let length = head[0..<3].reduce(0) { $0 << 8 | Int($1) }
            guard unparsed.count - start >= 9 + length else { break }
            let stream = head[5..<9].reduce(0) { $0 << 8 | UInt32($1) }
            frames.append(
                Frame(
                    type: head[3], flags: head[4], stream: stream,
                    payload: Array(unparsed[start + 9..<start + 9 + length])))
            start += 9 + length
        }
        unparsed.removeFirst(start)
    }

    // MARK: - Bytes

    static func frame(
        _ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        let length = UInt32(payload.count)
        return number(length).dropFirst() + [type, flags] + number(stream) + payload
    }

    static func number(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// A header block of literals, as HPACK allows them without any table (RFC 7541 6.2.2).
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0] + literal(name) + literal(value) }
    }

    /// A string's length, below 127 or in HPACK's continued form, and the string.
    static func literal(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        if bytes.count < 127 { return [UInt8(bytes.count)] + bytes }
        var (prefix, rest): ([UInt8], Int) = ([127], bytes.count - 127)
        while rest >= 128 {
            prefix.append(UInt8(rest % 128) | 128)
            rest /= 128
        }
        return prefix + [UInt8(rest)] + bytes
    }

    static func requestBlock(_ path: String, _ more: [(String, String)] = []) -> [UInt8] {
        block(
            [
                (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
                ("content-type", "application/grpc"),
            ] + more)
    }

    /// A whole header block of a request; `end` says that no message follows.
    static func headers(_ stream: UInt32, _ path: String, end: Bool = false) -> [UInt8] {
        frame(FrameType.headers, flags: end ? 5 : 4, stream: stream, requestBlock(path))
    }

    /// A request with one message.
    static func request(_ stream: UInt32, _ path: String, _ message: [UInt8] = []) -> [UInt8] {
        let data = [0] + number(UInt32(message.count)) + message
        return headers(stream, path) + frame(FrameType.data, flags: 1, stream: stream, data)
    }

    /// The bytes made for each of so many streams, one after the other.
    static func streams(_ count: Int, _ bytes: (UInt32) -> [UInt8]) -> [UInt8] {
        var all: [UInt8] = []
        for index in 0..<count { all += bytes(UInt32(2 * index + 1)) }
        return all
    }

    static func reset(_ stream: UInt32) -> [UInt8] {
        frame(FrameType.reset, stream: stream, number(HTTP2ErrorCode.cancel.rawValue))
    }

    static func windowUpdate(_ stream: UInt32, by bytes: UInt32) -> [UInt8] {
        frame(FrameType.windowUpdate, stream: stream, number(bytes))
    }
}

/// What a server's callback hears, on whichever loop.
private final class Rejections: Sendable {
    private let lines = Locked<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }

    var all: [String] { lines.withLock { $0 } }
}
