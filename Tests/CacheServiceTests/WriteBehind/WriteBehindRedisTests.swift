// Write-behind with a real Redis that dies, fills up and stands still.

import CacheEngine
import Invalidation
import Locks
import NIOCore
import NIOPosix
import Testing

@testable import CacheService
@testable import RedisClient

/// A server, a pool, a store and the queue in front of them.
private final class Fixture: Sendable {
    let server: RedisServer
    let pool: RedisPool
    let store: SharedStore
    let queue: WriteBehindQueue
    let clock = ServiceClock()
    let loops: [any EventLoop]
    let reports = ReportList()

    final class ReportList: Sendable {
        private let all = Locked<[WriteBehindReport]>([])

        func append(_ report: WriteBehindReport) { all.withLock { $0.append(report) } }

        /// How often a trouble of this kind began.
        func stalled(_ kind: WriteBehindTrouble.Kind) -> Int {
            all.withLock { $0 }.count {
                if case .stalled(let trouble, _) = $0 { trouble.kind == kind } else { false }
            }
        }

        /// How often one ended.
        func recovered(_ kind: WriteBehindTrouble.Kind) -> Int {
            all.withLock { $0 }.count {
                if case .recovered(let trouble) = $0 { trouble.kind == kind } else { false }
            }
        }
    }

    init() throws {
        server = try RedisServer()
        loops = (0..<2).map { _ in MultiThreadedEventLoopGroup.singleton.next() }
        let shard = RedisShardConfiguration(name: "a", address: server.address)
        pool = try RedisPool(
            RedisConfiguration(topology: .shards([shard])), loops: loops, report: { _ in })
        pool.start()
        let store = SharedStore(
            pool: pool, prefix: "cm:", history: 1_000, maxEntryBytes: 1 << 20, seed: 7)
        self.store = store
        var limits = WriteBehindLimits()
        limits.longestPause = .milliseconds(500)
        let (clock, pool, reports) = (clock, pool, reports)
        queue = WriteBehindQueue(
            limits, loops: loops, clock: clock,
            send: { write, loop async throws(RedisError) in
                try await Self.send(write, to: store, on: pool[loop: loop], now: clock.now())
            }, flushed: { _, _ in }, report: { reports.append($0) })
    }

    private static func send(
        _ write: PendingWrite, to store: SharedStore, on router: RedisRouter, now: Timestamp
    ) async throws(RedisError) -> UInt64 {
        // More than any test takes: only what a test breaks fails.
        let deadline = NIODeadline.now() + .seconds(60)
        switch write.change {
        case .set(let entry):
            defer { withExtendedLifetime(entry) {} }
            let draft = EntryDraft(key: entry.key, value: entry.value)
            let outcome = try await store.set(
                StoreWrite(draft: draft, createdAt: entry.createdAt, expiresAt: entry.expiresAt),
                StoreChange(now: now), on: router, deadline: deadline)
            guard case .stored(let version) = outcome else {
                throw RedisError(.protocolViolation, "an unconditional set was refused")
            }
            return version
        case .remove:
            let key = UnsafeMutableRawBufferPointer.allocate(
                byteCount: write.key.count, alignment: 1)
            defer { key.deallocate() }
            key.copyBytes(from: write.key)
            return try await store.delete(
                UnsafeRawBufferPointer(key), StoreChange(now: now), on: router, deadline: deadline
            ).version
        }
    }

    /// A server for the length of a test.
    static func run(_ body: (Fixture) async throws -> Void) async throws {
        let fixture = try Fixture()
        do {
            try await eventually { fixture.pool.shards.first?.state == .up }
            try await body(fixture)
        } catch {
            await fixture.end()
            throw error
        }
        await fixture.end()
    }

    private func end() async {
        _ = await queue.drain(deadline: .now())
        await pool.shutdown()
        server.stop()
    }

    func set(_ key: String, _ value: String, ttl: Duration = .seconds(600)) -> Bool {
        let partition = Array(key.utf8).withUnsafeBytes { Partitioning.partition(of: $0) }
        return queue.enqueue(
            .set(key, value, partition: partition, expiresAt: clock.now() + ttl))
    }

    func remove(_ key: String) -> Bool {
        let partition = Array(key.utf8).withUnsafeBytes { Partitioning.partition(of: $0) }
        return queue.enqueue(.remove(key, partition: partition))
    }

    func pending(_ key: String) -> String?? {
        Array(key.utf8).withUnsafeBytes { queue.pending($0, now: clock.now()) }.map(\.text)
    }

    /// What the server holds; nil: nothing.
    func stored(_ key: String) async throws -> String? {
        let router = pool[loop: 0]
        let store = store
        return try await router.eventLoop.flatSubmit { () -> EventLoopFuture<String?> in
            let promise = router.eventLoop.makePromise(of: String?.self)
            Array(key.utf8).withUnsafeBytes { key in
                store.get(key, on: router, deadline: .now() + .seconds(20)) { result in
                    promise.completeWith(
                        store.entry(in: result).map { entry in
                            withExtendedLifetime(entry) {
                                entry.map { String(decoding: $0.contents.value, as: UTF8.self) }
                            }
                        }.mapError { $0 })
                }
            }
            return promise.futureResult
        }.get()
    }
}

@Suite(.realServers) struct WriteBehindRedisTests {
    @Test("what is pending arrives, each key's last write, and a drain waits for all of it")
    func flushes() async throws {
        try await Fixture.run { fixture in
            for round in 0..<4 {
                for key in 0..<1_000 { #expect(fixture.set("k:\(key)", "\(round)")) }
            }
            #expect(fixture.remove("k:7"))
            #expect(await fixture.queue.drain(deadline: .now() + .seconds(60)) == 0)
            for key in [0, 1, 500, 999] {
                let stored = try await fixture.stored("k:\(key)")
                #expect(stored == "3")
            }
            let removed = try await fixture.stored("k:7")
            #expect(removed == nil)
            #expect(fixture.queue.statistics.entries == 0)
            #expect(fixture.reports.stalled(.refused) == 0)
        }
    }

    @Test("writes during a crash of the server are read here at once, and there after its return")
    func crash() async throws {
        try await Fixture.run { fixture in
            #expect(fixture.set("before", "1"))
            try await eventually { try await fixture.stored("before") == "1" }
            fixture.server.kill()
            for key in 0..<100 { #expect(fixture.set("k:\(key)", "old")) }
            for key in 0..<100 { #expect(fixture.set("k:\(key)", "new")) }
            #expect(fixture.remove("before"))
            #expect(fixture.set("short", "1", ttl: .milliseconds(20)))
            #expect(fixture.pending("k:3") == "new")
            #expect(fixture.pending("before") == .some(nil))
            try await eventually { fixture.reports.stalled(.unreachable) >= 1 }
            let expiry = fixture.clock.now() + .milliseconds(20)
            try await eventually { fixture.clock.now() > expiry }
            #expect(fixture.pending("short") == .some(nil))
            try fixture.server.restart()
            try await eventually { fixture.queue.statistics.entries == 0 }
            for key in [0, 3, 99] { #expect(try await fixture.stored("k:\(key)") == "new") }
            // It was dropped, or on its way already when its time was up.
            try await eventually { try await fixture.stored("short") == nil }
            let statistics = fixture.queue.statistics
            #expect(statistics.failed > 0 && statistics.dropped <= 1 && statistics.bytes == 0)
            try await eventually {
                fixture.reports.recovered(.unreachable) == fixture.reports.stalled(.unreachable)
            }
        }
    }

    @Test("an entry lives until the moment it was given, however late it is sent")
    func lifetime() async throws {
        try await Fixture.run { fixture in
            fixture.server.kill()
            #expect(fixture.set("k", "v", ttl: .seconds(50)))
            let sentAfter = fixture.clock.now() + .milliseconds(300)
            try await eventually { fixture.clock.now() > sentAfter }
            try fixture.server.restart()
            try await eventually { fixture.queue.statistics.entries == 0 }
            let keys = try fixture.server.cli("KEYS", "cm:*:e:k")
            let left = try #require(Int(try fixture.server.cli("PTTL", keys)))
            #expect(left <= 49_700 && left > 10_000)
        }
    }

    @Test("a full server refuses, which is told once, and has everything when it has room")
    func outOfMemory() async throws {
        try await Fixture.run { fixture in
            try fixture.server.cli("CONFIG", "SET", "maxmemory", "1")
            for key in 0..<50 { #expect(fixture.set("k:\(key)", "v")) }
            try await eventually { fixture.queue.statistics.failed > 50 }
            #expect(fixture.queue.statistics.entries == 50)
            #expect(fixture.reports.stalled(.refused) == 1)
            try fixture.server.cli("CONFIG", "SET", "maxmemory", "0")
            try await eventually { fixture.queue.statistics.entries == 0 }
            #expect(try await fixture.stored("k:49") == "v")
            try await eventually {
                fixture.reports.recovered(.refused) == fixture.reports.stalled(.refused)
            }
        }
    }

    @Test("a drain before a server that stands still ends in time, and counts what is lost")
    func drainEnds() async throws {
        try await Fixture.run { fixture in
            #expect(fixture.set("before", "1"))
            try await eventually { fixture.queue.statistics.entries == 0 }
            fixture.server.pause()
            for key in 0..<20 { #expect(fixture.set("k:\(key)", "v")) }
            #expect(await fixture.queue.drain(deadline: .now() + .milliseconds(100)) == 20)
            fixture.server.resume()
        }
    }
}
