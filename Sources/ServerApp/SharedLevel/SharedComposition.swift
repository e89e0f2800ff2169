// The second level put together: pools, what is stored on them, and the feeds of their changes.

import CacheEngine
import CacheService
import Invalidation
import Logging
import NIOCore
import RedisClient
import TLS

/// Everything an instance with Redis is made of, beside its memory.
struct SharedComposition: Sendable {
    /// A pool with its store and its feed.
    struct Member: Sendable {
        let configuration: RedisConfiguration
        let pool: RedisPool
        let store: SharedStore
    }

    /// A transition with the number of its pool.
    enum News: Sendable {
        case pool(Int, RedisPoolEvent)
        case feed(Int, RedisFeedEvent)
    }

    /// The most transitions that wait for their log line.
    private static let maxNews = 4_096

    let members: [Member]
    let level: SharedLevel
    let news: AsyncStream<News>
    let firstLook: FirstLook
    let loops: [any EventLoop]

    /// Puts it together; nothing is connected before the runner starts.
    ///
    /// - Parameter loops: In the order of `ServerLoop.index`.
    /// - Throws: `ServerError` where the files of a pool's TLS cannot be used.
    init(
        _ settings: Settings, engine: CacheEngine, log: InvalidationLog, clock: ServiceClock,
        seed: UInt64, loops: [any EventLoop], logger: Logger
    ) throws(ServerError) {
        let (news, continuation) = AsyncStream.makeStream(
            of: News.self, bufferingPolicy: .bufferingNewest(Self.maxNews))
        self.news = news
        self.loops = loops
        var members: [Member] = []
        for (index, configuration) in settings.poolConfigurations.enumerated() {
            let pool: RedisPool
            do throws(TLSError) {
                pool = try RedisPool(configuration, loops: loops) { event in
                    continuation.yield(.pool(index, event))
                }
            } catch {
                throw ServerError(
                    description: "\(Self.setting(of: configuration.name)): \(error.message)")
            }
            let store = SharedStore(
                pool: pool, prefix: settings.redisKeyPrefix, history: settings.redisHistory,
                maxEntryBytes: settings.maxValueBytes + SettingsTable.valueOverheadBytes,
                seed: seed &+ UInt64(index))
            members.append(Member(configuration: configuration, pool: pool, store: store))
        }
        self.members = members
        let waiting = WaitingWritesJournal(logger)
        level = SharedLevel(
            SharedConfiguration(settings),
            pools: members.map { SharedPool(servers: $0.pool, store: $0.store) }, engine: engine,
            log: log, clock: clock, loops: loops, report: waiting.note,
            feedReport: { pool, event in continuation.yield(.feed(pool, event)) })
        firstLook = FirstLook(members.map(\.pool))
    }

    /// How each pool stands, one line each.
    var sentences: [String] {
        members.indices.map { index in
            let configuration = members[index].configuration
            let name = configuration.name
            let sentence = firstLook.sentence(pool: index, topology: configuration.topology)
            return name == Settings.defaultPool
                ? "redis: \(sentence)" : "redis \(name): \(sentence)"
        }
    }

    private static func setting(of pool: String) -> String {
        pool == Settings.defaultPool ? "redis_url" : "\(SettingsTable.poolsKey).\(pool)"
    }
}
