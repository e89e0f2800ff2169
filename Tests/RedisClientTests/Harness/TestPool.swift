// A pool on two event loops, for tests that run elsewhere.

import Locks
import NIOCore
import NIOPosix

@testable import RedisClient

/// A pool with what it has reported, called from any task.
final class TestPool: Sendable {
    let pool: RedisPool
    private let loops: [any EventLoop]
    private let reported: Reported

    private final class Reported: Sendable {
        let events = Locked<[RedisPoolEvent]>([])
    }

    var events: [RedisPoolEvent] { reported.events.withLock { $0 } }

    init(
        _ topology: RedisTopology, loops count: Int = 2,
        _ adjust: (inout RedisConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = RedisConfiguration(topology: topology)
        adjust(&configuration)
        let reported = Reported()
        self.reported = reported
        loops = (0..<count).map { _ in MultiThreadedEventLoopGroup.singleton.next() }
        pool = try RedisPool(configuration, loops: loops) { event in
            reported.events.withLock { $0.append(event) }
        }
        pool.start()
    }

    /// A pool that is shut down at the end, whatever happens.
    static func with(
        _ topology: RedisTopology, loops: Int = 2,
        _ adjust: (inout RedisConfiguration) -> Void = { _ in },
        _ body: (TestPool) async throws -> Void
    ) async throws {
        let test = try TestPool(topology, loops: loops, adjust)
        do {
            try await body(test)
        } catch {
            await test.pool.shutdown()
            throw error
        }
        await test.pool.shutdown()
    }

    /// The answer to a command for a partition.
    func send(
        _ command: RedisCommand, partition: Int, readsReplica: Bool = false, loop: Int = 0,
        within time: TimeAmount = .seconds(20)
    ) async throws -> RESPValue {
        let router = pool[loop: loop]
        return try await router.eventLoop.flatSubmit { () -> EventLoopFuture<RESPValue> in
            let promise = router.eventLoop.makePromise(of: RESPValue.self)
            router.send(
                command, partition: partition, readsReplica: readsReplica,
                deadline: .now() + time
            ) { promise.completeWith($0.mapError { $0 }) }
            return promise.futureResult
        }.get()
    }

    /// Why a command gets no answer.
    func failure(
        _ command: RedisCommand, partition: Int, loop: Int = 0,
        within time: TimeAmount = .seconds(20)
    ) async throws -> RedisError? {
        do {
            _ = try await send(command, partition: partition, loop: loop, within: time)
            return nil
        } catch let error as RedisError {
            return error
        }
    }

    /// Sets a key of a partition.
    func set(
        _ partition: Int, _ value: String, loop: Int = 0, within time: TimeAmount = .seconds(20)
    ) async throws -> RESPValue {
        try await send(
            RedisCommand("SET", "cm:{\(partition)}:k", value, traits: .idempotent),
            partition: partition, loop: loop, within: time)
    }

    /// Reads that key.
    func get(
        _ partition: Int, readsReplica: Bool = false, loop: Int = 0,
        within time: TimeAmount = .seconds(20)
    ) async throws -> String? {
        try await send(
            RedisCommand("GET", "cm:{\(partition)}:k", traits: .readOnly), partition: partition,
            readsReplica: readsReplica, loop: loop, within: time
        ).replyText
    }

    /// Writes and reads every partition, on both loops.
    func useAllPartitions(_ mark: String) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for partition in 0..<256 {
                tasks.addTask {
                    let value = "\(mark)-\(partition)"
                    _ = try await self.set(partition, value, loop: partition % self.loops.count)
                    return try await self.get(partition, loop: (partition + 1) % self.loops.count)
                        == value
                }
            }
            return try await tasks.reduce(true) { $0 && $1 }
        }
    }
}
