// A connection on a loop of its own, for tests that run elsewhere.

import Locks
import NIOCore
import NIOPosix

@testable import RedisClient

/// A connection with what it was told, called from any task.
final class TestConnection: Sendable {
    let connection: RedisConnection
    private let heard: Heard

    /// What the connection has told its owner.
    final class Heard: Sendable {
        private let pushes = Locked<[[RESPValue]]>([])
        private let ends = Locked<[RedisError]>([])
        func push(_ elements: [RESPValue]) { pushes.withLock { $0.append(elements) } }
        func end(_ error: RedisError) { ends.withLock { $0.append(error) } }
        var pushed: [[RESPValue]] { pushes.withLock { $0 } }
        var ended: [RedisError] { ends.withLock { $0 } }
    }

    var eventLoop: any EventLoop { connection.eventLoop }
    var pushed: [[RESPValue]] { heard.pushed }
    var ended: [RedisError] { heard.ended }

    init(
        to address: RedisAddress,
        _ configuration: RedisConnectionConfiguration = RedisConnectionConfiguration(),
        on loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    ) async throws {
        let heard = Heard()
        self.heard = heard
        connection = try await loop.flatSubmit {
            RedisConnection.connect(
                to: address, configuration, on: loop, pushed: heard.push, closed: heard.end)
        }.get()
    }

    /// Runs `body` on the connection's loop.
    func onLoop<Result: Sendable>(
        _ body: @escaping @Sendable (RedisConnection) throws -> Result
    ) async throws -> Result {
        let connection = connection
        return try await eventLoop.submit { try body(connection) }.get()
    }

    /// The answer to a command.
    func send(
        _ words: String..., expects: RESPShapes = .any, within time: TimeAmount = .seconds(30)
    ) async throws -> RESPValue {
        var command = RedisCommand(arguments: words.count)
        for word in words { command.append(word) }
        command.expects = expects
        return try await send(command, within: time)
    }

    /// The answer to a command.
    func send(
        _ command: RedisCommand, within time: TimeAmount = .seconds(30)
    ) async throws -> RESPValue {
        let connection = connection
        return try await eventLoop.flatSubmit {
            let promise = connection.eventLoop.makePromise(of: RESPValue.self)
            connection.send(command, deadline: .now() + time) { result in
                promise.completeWith(result.mapError { $0 })
            }
            return promise.futureResult
        }.get()
    }

    /// The answer to SSUBSCRIBE, or another of its kind.
    func subscribe(
        _ channels: [String], sharded: Bool = true, undo: Bool = false
    ) async throws -> RESPValue {
        let connection = connection
        return try await eventLoop.flatSubmit {
            let promise = connection.eventLoop.makePromise(of: RESPValue.self)
            let deadline = NIODeadline.now() + .seconds(30)
            let done: RedisConnection.Completion = { promise.completeWith($0.mapError { $0 }) }
            if undo {
                connection.unsubscribe(channels, sharded: sharded, deadline: deadline, done)
            } else {
                connection.subscribe(channels, sharded: sharded, deadline: deadline, done)
            }
            return promise.futureResult
        }.get()
    }

    func close() async throws { try await onLoop { $0.close() } }
}

extension RESPValue {
    /// A blob or simple string of `text`.
    static func text(_ text: String) -> RESPValue { .blob(ByteBuffer(string: text)) }

    /// The bytes as text, of whatever has bytes.
    var string: String? {
        switch self {
        case .blob(let bytes), .simpleString(let bytes): String(buffer: bytes)
        case .error(let error): "\(error.code) \(error.message)"
        default: nil
        }
    }
}
