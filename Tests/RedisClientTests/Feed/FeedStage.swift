// A pool with its store and some feeds, for tests that run elsewhere.

import CacheEngine
import Foundation
import Invalidation
import NIOCore
import NIOPosix
import Synchronization

@testable import RedisClient

/// Real servers, a store that writes to them, and witnesses of what feeds tell of it.
final class FeedStage: Sendable {
    let store: SharedStore
    private let pool: RedisPool
    private let loops: [any EventLoop]
    private let times: FeedTimes

    private init(_ topology: RedisTopology, history: Int) throws {
        loops = (0..<2).map { _ in MultiThreadedEventLoopGroup.singleton.next() }
        pool = try RedisPool(RedisConfiguration(topology: topology), loops: loops) { _ in }
        store = SharedStore(
            pool: pool, prefix: "cm:", history: history, maxEntryBytes: 1 << 20,
            seed: .random(in: .min ... .max))
        var times = FeedTimes()
        times.pingInterval = .milliseconds(50)
        self.times = times
        pool.start()
    }

    /// A stage that is taken down at the end, whatever happens.
    static func with(
        _ topology: RedisTopology, history: Int = 10_000, _ body: (FeedStage) async throws -> Void
    ) async throws {
        let stage = try FeedStage(topology, history: history)
        do {
            try await body(stage)
        } catch {
            await stage.pool.shutdown()
            throw error
        }
        await stage.pool.shutdown()
    }

    /// Runs a feed for as long as `body` takes.
    func feed(
        _ delegate: any FeedDelegate, ringEvents: Int = 100,
        report: @escaping @Sendable (RedisFeedEvent) -> Void = { _ in },
        _ body: (RedisFeed) async throws -> Void
    ) async throws {
        let feed = RedisFeed(
            pool: pool, store: store, poolIndex: 0, ringEvents: ringEvents, loops: loops,
            delegate: delegate, times: times, report: report, now: Self.now)
        feed.start()
        do {
            try await body(feed)
        } catch {
            await feed.shutdown()
            throw error
        }
        await feed.shutdown()
    }

    /// Writes a change of a key; its revision.
    @discardableResult
    func change(_ key: String, loop: Int = 0) async throws -> UInt64 {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: key.utf8.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: key.utf8)
        return try await store.announce(
            .key(UnsafeRawBufferPointer(bytes)), kind: .set, StoreChange(now: Self.now()),
            on: pool[loop: loop], deadline: .now() + .seconds(20)
        ).revision
    }

    /// The command of such a change, to be sent on any connection.
    func command(changing key: String) -> RedisCommand {
        Array(key.utf8).withUnsafeBytes { bytes in
            var command = store.announceCall(
                .key(bytes), kind: .set, StoreChange(now: Self.now())
            ).command
            command.expects = .any
            return command
        }
    }

    /// The partition of a key.
    static func partition(of key: String) -> Int {
        Array(key.utf8).withUnsafeBytes { Partitioning.partition(of: $0) }
    }

    static func now() -> Timestamp {
        Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000))
    }
}

extension RedisTopology {
    /// One server.
    static func single(_ server: RedisServer) -> RedisTopology {
        .shards([RedisShardConfiguration(name: "a", address: server.address)])
    }
}

/// Whether something is over.
final class Done: Sendable {
    private let flag = Atomic(false)
    var value: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
