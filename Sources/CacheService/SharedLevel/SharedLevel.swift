// The two levels as the use cases see them: memory before servers that all instances share; any
// thread, but for calls that name an event loop: they are made on it.

package import CacheEngine
import GRPC
package import Invalidation
import Locks
package import NIOCore
package import RedisClient

/// Memory and the shared level together: what is read where, what is written first, and what
/// happens when the shared level does not answer.
package final class SharedLevel: Sendable {
    /// The most pools: a word of the engine names a partition of any of them.
    package static let maxPools = CoherenceWord.maxPartitions / Partitioning.count

    let pools: [SharedPool]
    let engine: CacheEngine
    let log: InvalidationLog
    let clock: ServiceClock
    /// As it was at the start: policies change, times do not.
    let configuration: SharedConfiguration
    private let current: Locked<SharedNamespaceTable>
    private let loops: [SharedLoop]
    /// Writes that are sent later.
    let queue: WriteBehindQueue
    /// Applies what the feeds tell.
    let applier: FeedApplier
    /// The invalidations that walk over the servers now.
    let runningWalks = RunningWalks()
    /// The feeds of the pools, in their order.
    package let feeds: [RedisFeed]

    /// Two levels.
    ///
    /// - Parameters:
    ///   - pools: The pools, in the order in which policies and feeds count them.
    ///   - engine: The memory, made with `Partitioning.count` partitions for each pool and with
    ///     `CacheService.ignoredCommit`.
    ///   - log: The log of the subscribers, shared, with as many pools.
    ///   - loops: The event loops that calls come on, in the order of the pools' routers.
    ///   - report: Hears how writes fare that are sent later.
    ///   - feedReport: Hears what becomes of the feeds, with the number of the pool.
    package init(
        _ configuration: SharedConfiguration, pools: [SharedPool], engine: CacheEngine,
        log: InvalidationLog, clock: ServiceClock, loops: [any EventLoop],
        report: @escaping @Sendable (WriteBehindReport) -> Void,
        feedReport: @escaping @Sendable (Int, RedisFeedEvent) -> Void = { _, _ in }
    ) {
        precondition(!pools.isEmpty && pools.count <= Self.maxPools, "1 to 8 pools")
        self.pools = pools
        self.engine = engine
        self.log = log
        self.clock = clock
        self.configuration = configuration
        let table = SharedNamespaceTable(configuration, pools: pools, loops: loops.count)
        current = Locked(table)
        self.loops = loops.map { SharedLoop($0, table) }
        applier = FeedApplier(
            engine: engine, log: log, maxStaleness: configuration.maxStaleness, clock: clock,
            timers: loops[0])
        let applier = applier
        feeds = pools.enumerated().map { index, pool in
            RedisFeed(
                pool: pool.servers, store: pool.store, poolIndex: index,
                ringEvents: configuration.ringEvents, loops: loops, delegate: applier,
                times: FeedTimes(maxStaleness: configuration.maxStaleness),
                report: { feedReport(index, $0) }, now: { clock.now() })
        }
        let sender = WriteBehindSender(
            loops: self.loops, engine: engine, clock: clock, timeout: configuration.timeout)
        queue = WriteBehindQueue(
            configuration.writeBehind, loops: loops, clock: clock,
            send: { write, loop async throws(RedisError) in
                try await sender.send(write, loop: loop)
            }, flushed: { _, _ in }, report: report)
    }

    /// Begins to connect and to listen; returns at once.
    package func start() {
        for pool in pools { pool.servers.start() }
        for feed in feeds { feed.start() }
    }

    /// Ends feeds and connections; what was not sent by then is lost: see `drain`.
    package func shutdown() async {
        for feed in feeds { await feed.shutdown() }
        for pool in pools { await pool.servers.shutdown() }
    }

    /// Has each event loop use other policies from its next turn on. Pools, `max_staleness` and
    /// timeouts stay as they are. Memory forgets all it holds where a namespace comes, goes, or
    /// is from now on read or told of otherwise: what was held by the old rules may be as old as
    /// those allowed.
    package func reconfigure(_ configuration: SharedConfiguration) {
        let (table, isCoherent) = current.withLock { current in
            let old = current
            current = SharedNamespaceTable(
                configuration, pools: pools, loops: loops.count, continuing: old)
            return (current, current.holdsLike(old))
        }
        let applier = applier
        for loop in loops {
            loop.eventLoop.execute {
                loop.table = table
                if !isCoherent { applier.forgetAll() }
            }
        }
    }

    /// The namespace of a key; on the event loop of that index.
    func namespace(of key: UnsafeRawBufferPointer, loop: Int) -> SharedNamespace {
        loops[loop].table[key]
    }

    /// When a step must have its answer that begins now.
    func deadline(_ call: NIODeadline?, now: NIODeadline = .now()) -> NIODeadline {
        configuration.deadline(call, now: now)
    }

    /// What was counted of each namespace, the default first.
    package var counters: [(name: String, counters: SharedNamespaceCounters)] {
        current.withLock { $0 }.namespaces.map { namespace in
            var sum = SharedNamespaceCounters()
            for counters in namespace.counters { sum.add(counters.reading) }
            return (namespace.name, sum)
        }
    }

    /// Sends what is still to be sent, for as long as there is time.
    ///
    /// - Returns: How many keys have a write that was not sent.
    package func drain(deadline: NIODeadline) async -> Int {
        await queue.drain(deadline: deadline)
    }
}
