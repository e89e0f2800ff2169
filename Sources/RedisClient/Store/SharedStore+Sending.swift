// How calls get to the router's loop and their answers back; callable anywhere.

import NIOCore

extension SharedStore {
    /// How often a script is given to a server for one call: it may forget it again meanwhile, or
    /// another one may answer.
    private static let maxLoads = 2

    /// Runs a script, which the server is given first if it does not know it.
    ///
    /// - Parameter shard: Where it runs; nil: in the shard of its partition.
    nonisolated(nonsending) func evaluate(
        _ call: ScriptCall, shard: RedisShardID? = nil, on router: RedisRouter,
        deadline: NIODeadline
    ) async throws(RedisError) -> RESPValue {
        let target: BatchTarget = shard.map { .shard($0) } ?? .partition(call.partition)
        for _ in 0..<Self.maxLoads {
            do throws(RedisError) {
                return try await send(call.command, to: target, on: router, deadline: deadline)
            } catch  where error == Self.unknownScript {
                counters.addScriptLoad()
                _ = try await send(
                    call.script.loadCommand, to: target, on: router, deadline: deadline)
            }
        }
        return try await send(call.command, to: target, on: router, deadline: deadline)
    }

    private nonisolated(nonsending) func send(
        _ command: RedisCommand, to target: BatchTarget, on router: RedisRouter,
        deadline: NIODeadline
    ) async throws(RedisError) -> RESPValue {
        switch target {
        case .shard(let shard):
            try await send(command, shard: shard, on: router, deadline: deadline)
        case .partition(let partition):
            try await send(command, partition: partition, on: router, deadline: deadline)
        }
    }

    /// Sends a command on the router's loop; an error of the server is thrown.
    nonisolated(nonsending) func send(
        _ command: RedisCommand, partition: Int, on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> RESPValue {
        let result = await withUnsafeContinuation { continuation in
            router.onLoop {
                router.send(command, partition: partition, deadline: deadline) {
                    continuation.resume(returning: $0)
                }
            }
        }
        return try Self.answer(result)
    }

    /// Sends a command to a shard, as `send(_:partition:)` does to a partition's.
    nonisolated(nonsending) func send(
        _ command: RedisCommand, shard: RedisShardID, on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> RESPValue {
        let result = await withUnsafeContinuation { continuation in
            router.onLoop {
                router.send(command, shard: shard, deadline: deadline) {
                    continuation.resume(returning: $0)
                }
            }
        }
        return try Self.answer(result)
    }

    /// Sends commands together and waits for all of their answers, which come in their order;
    /// WRONGTYPE is one of them.
    ///
    /// - Throws: The first failure.
    func sendAll(
        _ commands: [(BatchTarget, RedisCommand)], on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> [RESPValue] {
        guard !commands.isEmpty else { return [] }
        let result = await withUnsafeContinuation { continuation in
            router.onLoop {
                let batch = AnswerBatch(count: commands.count) {
                    continuation.resume(returning: $0)
                }
                for (index, (target, command)) in commands.enumerated() {
                    let done: RedisRouter.Completion = { batch.take($0, at: index) }
                    switch target {
                    case .shard(let shard):
                        router.send(command, shard: shard, deadline: deadline, done)
                    case .partition(let partition):
                        router.send(command, partition: partition, deadline: deadline, done)
                    }
                }
            }
        }
        return try result.get()
    }

    private static let unknownScript = RedisError(.server, "the server does not know the script")

    private static func answer(
        _ result: Result<RESPValue, RedisError>
    ) throws(RedisError) -> RESPValue {
        let value = try result.get()
        guard case .error(let refusal) = value else { return value }
        throw refusal.code == "NOSCRIPT" ? unknownScript : RedisError(refusal: refusal)
    }
}

extension RedisRouter {
    /// Runs `body` on the loop, at once where we are on it.
    fileprivate func onLoop(_ body: @escaping @Sendable () -> Void) {
        if eventLoop.inEventLoop {
            body()
        } else {
            eventLoop.execute(body)
        }
    }
}
