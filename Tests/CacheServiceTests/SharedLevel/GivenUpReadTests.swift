// Reads whose callers go away before Redis answers: what comes later is for nobody else.

import CacheManagerClient
import NIOCore
import RedisClient
import Synchronization
import Testing

@testable import CacheService

@Suite(.realServers) struct GivenUpReadTests {
    private static let keys = 64
    private static let workers = 8
    private static let callsEach = 500

    /// What became of the calls.
    private final class Tally: Sendable {
        let begun = Atomic(0)
        let answered = Atomic(0)
        let givenUp = Atomic(0)
        let wrong = Atomic(0)
    }

    private static func name(_ key: Int) -> String { String(repeating: "k\(key)", count: key + 1) }

    /// Nothing is in memory, so each read is a command of its own; the server stands still for half
    /// of the calls, so that many of them are on their way when their callers go.
    @Test("no answer reaches another call, whether streams were reset or deadlines passed")
    func givenUp() async throws {
        try await withInstances(1, { $0.standard.usesL1 = false }) { instances, servers in
            let (instance, server) = (instances[0], servers[0])
            for key in 0..<Self.keys {
                try await instance.cache.set(Self.name(key), Array(Self.name(key).utf8))
            }
            let tally = Tally()
            await withTaskGroup { workers in
                for number in 0..<Self.workers {
                    workers.addTask {
                        await Self.work(instance.cache, server, number % 2 == 0, tally)
                    }
                }
            }
            server.resume()
            #expect(tally.wrong.load(ordering: .relaxed) == 0)
            #expect(tally.answered.load(ordering: .relaxed) > 0)
            #expect(tally.givenUp.load(ordering: .relaxed) > 0)
            // All is well afterwards, and nothing is left behind.
            for key in 0..<Self.keys {
                try await eventually { await Self.reads(key, instance.cache) == true }
            }
            try await eventually {
                let statistics = await instance.level.pools[0].servers.statistics()
                return statistics.shards.allSatisfy { $0.counters.inFlight == 0 }
            }
        }
    }

    private static func work(
        _ cache: CacheClient, _ server: RedisServer, _ hasDeadlines: Bool, _ tally: Tally
    ) async {
        var client = cache
        for _ in 0..<callsEach {
            switch tally.begun.wrappingAdd(1, ordering: .relaxed).newValue % 32 {
            case 0: server.pause()
            case 16: server.resume()
            default: break
            }
            if hasDeadlines { client.timeout = .milliseconds(.random(in: 1...20)) }
            let (key, reader) = (Int.random(in: 0..<keys), client)
            let call = Task { await reads(key, reader) }
            if !hasDeadlines {
                for _ in 0..<Int.random(in: 0..<50) { await Task.yield() }
                call.cancel()
            }
            switch await call.value {
            case true?: tally.answered.wrappingAdd(1, ordering: .relaxed)
            case false?: tally.wrong.wrappingAdd(1, ordering: .relaxed)
            case nil: tally.givenUp.wrappingAdd(1, ordering: .relaxed)
            }
        }
    }

    /// Whether a key has its own value; nil: there was no answer.
    private static func reads(_ key: Int, _ cache: CacheClient) async -> Bool? {
        do {
            guard let entry = try await cache.get(name(key)) else { return false }
            return entry.value == Array(name(key).utf8)
        } catch {
            return nil
        }
    }
}
