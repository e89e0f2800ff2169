// Tasks that write and read while something happens to the servers.

import Locks
import Testing

@testable import RedisClient

/// Eight tasks with partitions of their own, none of which may fail.
final class TestLoad: Sendable {
    private static let workers = 8

    private let test: TestPool
    private let goesOn = Locked(true)

    private init(_ test: TestPool) {
        self.test = test
    }

    /// Runs `body` under load, at least a round of it.
    static func run(on test: TestPool, _ body: () async throws -> Void) async throws {
        let load = TestLoad(test)
        let running = Task { try await load.run() }
        do {
            try await body()
        } catch {
            load.goesOn.withLock { $0 = false }
            _ = await running.result
            throw error
        }
        load.goesOn.withLock { $0 = false }
        try await running.value
    }

    private func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for worker in 0..<Self.workers {
                tasks.addTask { try await self.work(worker) }
            }
            try await tasks.waitForAll()
        }
    }

    private func work(_ worker: Int) async throws {
        var round = 0
        repeat {
            round += 1
            let partition = (worker + round * Self.workers) % 256
            let value = "\(worker)-\(round)"
            _ = try await test.set(partition, value, loop: worker % 2)
            let read = try await test.get(partition, loop: worker % 2)
            #expect(read == value)
        } while goesOn.withLock { $0 }
    }
}
