// A server in memory that says what a test writes, with a clock that the test moves.

import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

/// A connection and the other end of it.
final class ScriptedServer {
    static let greeting =
        "%2\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"

    let channel = EmbeddedChannel()
    let connection: RedisConnection
    /// What `connect` would have returned; nil: not yet.
    private(set) var outcome: Result<Void, any Error>?
    private let heard = TestConnection.Heard()

    var loop: EmbeddedEventLoop { channel.embeddedEventLoop }
    var pushed: [[RESPValue]] { heard.pushed }
    var ended: [RedisError] { heard.ended }

    /// Connects, and greets as a server should unless `greets` is false.
    init(
        _ configuration: RedisConnectionConfiguration = RedisConnectionConfiguration(),
        greets: Bool = true
    ) throws {
        let heard = heard
        connection = RedisConnection(
            eventLoop: channel.eventLoop, address: .tcp(host: "redis", port: 6379),
            configuration: configuration, pushed: heard.push, closed: heard.end)
        try connection.addHandlers(to: channel)
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        connection.ready.futureResult.whenComplete { bound.value.outcome = $0 }
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        if greets {
            try say(Self.greeting)
            try #require(connection.isOpen)
            _ = try takeWrites()
        }
    }

    /// Sends bytes to the connection.
    func say(_ text: String) throws { try say(Array(text.utf8)) }

    func say(_ bytes: [UInt8]) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

    /// What the connection has written since, one element for each write, at the end of a turn.
    func takeWrites() throws -> [String] {
        loop.run()
        var writes: [String] = []
        while let write = try channel.readOutbound(as: ByteBuffer.self) {
            writes.append(String(buffer: write))
        }
        return writes
    }

    /// Sends GETs of numbers; their answers, in the order they come.
    func get(_ keys: Range<Int>, within time: TimeAmount = .seconds(5)) -> Answers {
        let answers = Answers()
        for key in keys {
            var command = RedisCommand("GET", "\(key)")
            command.expects = [.blob, .null]
            connection.send(command, deadline: loop.now + time) { answers.add(key, $0) }
        }
        return answers
    }

    /// Reads numbers in the run that is open, or in a new one; their answers.
    func read(
        _ keys: Range<Int>, within time: TimeAmount = .seconds(5), new run: ReadRun? = nil
    ) -> Answers {
        let answers = Answers()
        for key in keys {
            let run = connection.pipeline.openRun ?? begun(run ?? ReadRun())
            let read = ReadRun.Read(
                partition: key & 0xFF, deadline: loop.now + time, tryDeadline: loop.now + time,
                completion: { answers.add(key, $0) })
            let refusal = "\(key)".utf8.withContiguousStorageIfAvailable {
                connection.send(
                    read, in: run, stem: UnsafeRawBufferPointer(start: nil, count: 0),
                    rest: UnsafeRawBufferPointer($0))
            }
            if let refusal = refusal ?? nil { answers.add(key, .failure(refusal)) }
        }
        return answers
    }

    private func begun(_ run: ReadRun) -> ReadRun {
        run.begin(for: self) { _, _, completion, result in completion(result) }
        return run
    }

    /// The answers to some commands.
    final class Answers {
        private(set) var all: [(key: Int, result: Result<RESPValue, RedisError>)] = []
        var keys: [Int] { all.map(\.key) }
        var values: [String?] { all.map { try? $0.result.get().string } }
        var codes: [RedisError.Code] {
            all.compactMap { if case .failure(let error) = $0.result { error.code } else { nil } }
        }
        func add(_ key: Int, _ result: Result<RESPValue, RedisError>) { all.append((key, result)) }
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }
}
