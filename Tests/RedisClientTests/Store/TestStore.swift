// A store over real servers, with what its tests say again and again; any task.

import CacheEngine
import Invalidation
import Locks
import NIOCore
import NIOPosix
import Testing

@testable import RedisClient

/// One instance's store on servers of its own, or on those of another one.
final class TestStore: Sendable {
    /// What every test calls now.
    static let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)

    let servers: [RedisServer]
    let pool: RedisPool
    let store: SharedStore
    let router: RedisRouter

    var server: RedisServer { servers[0] }
    var deadline: NIODeadline { .now() + .seconds(30) }

    /// A store on independent servers, a new one unless told otherwise.
    convenience init(
        _ servers: [RedisServer]? = nil, lines: [String] = [], prefix: String = "cm:",
        names: [String]? = nil, credentials: RedisCredentials? = nil, history: Int = 10_000
    ) async throws {
        let servers = try servers ?? [RedisServer(lines)]
        let names = names ?? servers.indices.map { "s\($0)" }
        var configuration = RedisConfiguration(
            topology: .shards(
                zip(servers, names).map { RedisShardConfiguration(name: $1, address: $0.address) }))
        configuration.credentials = credentials
        configuration.keyPrefix = prefix
        try await self.init(
            servers, configuration, shards: servers.count, prefix: prefix, history: history)
    }

    /// A store on a cluster.
    convenience init(_ cluster: RedisCluster, masters: Int) async throws {
        try await self.init(
            cluster.nodes, RedisConfiguration(topology: .cluster(seeds: cluster.seeds)),
            shards: masters, prefix: "cm:", history: 10_000)
    }

    private init(
        _ servers: [RedisServer], _ configuration: RedisConfiguration, shards: Int,
        prefix: String, history: Int
    ) async throws {
        self.servers = servers
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        pool = try RedisPool(configuration, loops: [loop]) { _ in }
        pool.start()
        router = pool[loop: 0]
        store = SharedStore(
            pool: pool, prefix: prefix, history: history, maxEntryBytes: 4 << 20,
            seed: .random(in: 0 ... .max))
        do {
            try await eventually { self.pool.shards.count { $0.state == .up } == shards }
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    func end() async { await pool.shutdown() }

    /// Runs `body` with a store and ends its pool, whatever happens.
    static func with(
        lines: [String] = [], history: Int = 10_000, _ body: (TestStore) async throws -> Void
    ) async throws {
        try await with(TestStore(lines: lines, history: history), body)
    }

    static func with(_ store: TestStore, _ body: (TestStore) async throws -> Void) async throws {
        do {
            try await body(store)
        } catch {
            await store.end()
            throw error
        }
        await store.end()
    }

    func change(writer: UnsafeRawBufferPointer = Change.nothing) -> StoreChange {
        var change = StoreChange(now: Self.now)
        change.writer = writer
        return change
    }

    @discardableResult
    func set(
        _ key: String, _ value: String = "value", condition: SetCondition = .none,
        lease: FillLease? = nil, ttl: Duration? = nil, tags: [String] = [],
        announced: Bool = true
    ) async throws -> StoreOutcome {
        try await set(
            StoredSample(value: Array(value.utf8), tags: tags.map { Array($0.utf8) }),
            key: Array(key.utf8), condition: condition, lease: lease, ttl: ttl,
            announced: announced)
    }

    @discardableResult
    func set(
        _ sample: StoredSample, key: [UInt8], condition: SetCondition = .none,
        lease: FillLease? = nil, ttl: Duration? = nil, softTTL: Duration? = nil,
        announced: Bool = true
    ) async throws -> StoreOutcome {
        let borrowed = Borrowed(sample, key: key)
        var write = StoreWrite(
            draft: borrowed.draft, createdAt: Self.now,
            expiresAt: ttl.map { Self.now + $0 } ?? .never)
        write.softExpiresAt = softTTL.map { Self.now + $0 } ?? .never
        write.condition = condition
        write.lease = lease
        write.isNegative = sample.isNegative
        var change = change(writer: borrowed.lend(Array("tester".utf8)))
        change.isAnnounced = announced
        let outcome = try await store.set(write, change, on: router, deadline: deadline)
        borrowed.end()
        return outcome
    }

    func delete(_ key: String, ifVersion: UInt64? = nil) async throws -> DeleteOutcome {
        let key = Borrowed(Array(key.utf8))
        defer { key.end() }
        return try await store.delete(
            key.bytes, ifVersion: ifVersion, change(), on: router, deadline: deadline)
    }

    func invalidate(_ key: String, cause: String = "") async throws -> DeleteOutcome {
        let key = Borrowed(Array(key.utf8))
        defer { key.end() }
        var change = change()
        change.cause = key.lend(Array(cause.utf8))
        return try await store.invalidate(key.bytes, change, on: router, deadline: deadline)
    }

    func touch(_ key: String, ttl: Duration?) async throws -> TouchedEntry? {
        let key = Borrowed(Array(key.utf8))
        defer { key.end() }
        return try await store.touch(
            key.bytes, expiresAt: ttl.map { Self.now + $0 } ?? .never, change(), on: router,
            deadline: deadline)
    }

    func lease(_ key: String, for lifetime: Duration = .seconds(30)) async throws -> FillLease? {
        let key = Borrowed(Array(key.utf8))
        defer { key.end() }
        return try await store.acquireLease(
            key.bytes, lifetime: lifetime, on: router, deadline: deadline)
    }

    func release(_ lease: FillLease, of key: String) async throws {
        let key = Borrowed(Array(key.utf8))
        defer { key.end() }
        try await store.releaseLease(lease, of: key.bytes, on: router, deadline: deadline)
    }

    func get(_ key: String) async throws -> StoredEntry? { try await get(Array(key.utf8)) }

    func get(_ key: [UInt8]) async throws -> StoredEntry? {
        let (store, router, deadline) = (store, router, deadline)
        return try await router.eventLoop.flatSubmit {
            let promise = router.eventLoop.makePromise(of: StoredEntry?.self)
            key.withUnsafeBytes { key in
                store.get(key, on: router, deadline: deadline) {
                    promise.completeWith(store.entry(in: $0).mapError { $0 })
                }
            }
            return promise.futureResult
        }.get()
    }

    func head(_ key: String) async throws -> StoredHead? {
        let (store, router, deadline) = (store, router, deadline)
        return try await router.eventLoop.flatSubmit {
            let promise = router.eventLoop.makePromise(of: StoredHead?.self)
            Array(key.utf8).withUnsafeBytes { key in
                store.head(key, on: router, deadline: deadline) {
                    promise.completeWith($0.mapError { $0 })
                }
            }
            return promise.futureResult
        }.get()
    }

    func text(_ key: String) async throws -> String? {
        guard let entry = try await get(key) else { return nil }
        return withExtendedLifetime(entry) { String(decoding: entry.contents.value, as: UTF8.self) }
    }

    /// Sends a command that the store itself would not, to the first server.
    @discardableResult
    func command(_ arguments: [UInt8]..., shard: Int = 0) async throws -> RESPValue {
        var command = RedisCommand(arguments: arguments.count)
        for argument in arguments { command.append(argument) }
        return try await store.send(
            command, shard: pool.shards[shard].id, on: router, deadline: deadline)
    }

    @discardableResult
    func command(_ words: String...) async throws -> RESPValue {
        var command = RedisCommand(arguments: words.count)
        for word in words { command.append(word) }
        return try await store.send(
            command, shard: pool.shards[0].id, on: router, deadline: deadline)
    }

    /// Everything under a partition, to compare before and after.
    func everything() async throws -> [String: String] {
        guard case .array(let keys) = try await command("KEYS", "*") else { return [:] }
        var all: [String: String] = [:]
        for key in keys {
            let name = key.string ?? ""
            let dump = try await command("DUMP", name)
            let time = try await command("PEXPIRETIME", name)
            all[name] = "\(dump) \(time)"
        }
        return all
    }

    static func partition(_ key: String) -> Int {
        Array(key.utf8).withUnsafeBytes { Partitioning.partition(of: $0) }
    }

    func name(_ kind: StoreLayout.Kind, of key: String) -> String {
        let open = kind == .entry || kind == .lease
        return "\(store.layout.prefix){\(Self.partition(key))}:\(kind.rawValue)\(open ? key : "")"
    }
}
