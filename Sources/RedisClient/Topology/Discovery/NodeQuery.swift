// Asks a server a few questions over a connection of their own; the event loop it is given.

import NIOCore

/// Questions outside the pool's connections: they work whatever state those are in.
enum NodeQuery {
    /// The longest that connecting and all answers take together.
    static let timeout = TimeAmount.seconds(1)

    /// Connects, asks, closes.
    ///
    /// - Returns: An answer for each command; errors of the server included.
    /// - Throws: `RedisError` when there is no connection or no answer.
    static func ask(
        _ address: RedisAddress, _ commands: [RedisCommand],
        _ configuration: RedisConnectionConfiguration, on eventLoop: any EventLoop
    ) async throws -> [RESPValue] {
        let deadline = NIODeadline.now() + timeout
        var configuration = configuration
        configuration.connectTimeout = min(configuration.connectTimeout, .seconds(1))
        let connected = eventLoop.flatSubmit { [configuration] in
            RedisConnection.connect(
                to: address, configuration, on: eventLoop, pushed: { _ in }, closed: { _ in })
        }
        let answers: EventLoopFuture<[RESPValue]> = connected.flatMap { connection in
            let futures = commands.map { command in
                let promise = eventLoop.makePromise(of: RESPValue.self)
                connection.send(command, deadline: deadline) { result in
                    promise.completeWith(result.mapError { $0 })
                }
                return promise.futureResult
            }
            let all = EventLoopFuture.whenAllSucceed(futures, on: eventLoop)
            all.whenComplete { _ in connection.close() }
            return all
        }
        return try await answers.get()
    }
}
