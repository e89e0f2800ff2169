// The process's view of one pool of Redis servers; any thread.

import CacheEngine
import Locks
package import NIOCore
package import TLS

/// A pool: its shards, a router for each event loop, and what is known of them.
package final class RedisPool: Sendable {
    /// The longest wait for what servers say of themselves.
    private static let infoTimeout = TimeAmount.milliseconds(500)

    private let core: PoolCore
    private let routers: [RedisRouter]
    /// The same, to be lent.
    private let lent: [Unmanaged<RedisRouter>]
    private let keeper: TopologyKeeper
    private let running = Locked<Task<Void, Never>?>(nil)

    /// A pool that does nothing before `start`.
    ///
    /// - Parameters:
    ///   - configuration: The servers.
    ///   - loops: At least one; the first also runs the pool's timers.
    ///   - report: Takes each transition once, on any thread. It must not wait.
    /// - Throws: `TLSError` when the files of its TLS cannot be used.
    package init(
        _ configuration: RedisConfiguration, loops: [any EventLoop],
        report: @escaping @Sendable (RedisPoolEvent) -> Void
    ) throws(TLSError) {
        let core = try PoolCore(configuration, loops: loops, report: report)
        self.core = core
        routers = loops.indices.map { RedisRouter(index: $0, core: core) }
        lent = routers.map { .passUnretained($0) }
        keeper = TopologyKeeper(core)
    }

    /// Finds the servers and connects, for ever; returns at once.
    package func start() {
        core.attach(routers: routers, hint: { [keeper] in keeper.hint() })
        running.withLock { running in
            precondition(running == nil, "a pool is started once")
            running = Task { [keeper] in await keeper.run() }
        }
    }

    /// Closes everything; commands on their way fail.
    package func shutdown() async {
        core.attach(routers: [], hint: nil)
        await keeper.stop()
        await running.withLock { $0 }?.value
        for router in routers {
            let ended = router.eventLoop.submit { router.shutdown() }
            // A loop that has ended has no connections any more.
            try? await ended.get()
        }
    }

    /// Whether its servers are a cluster, where keys of a command must share a slot.
    package var isCluster: Bool { core.isCluster }

    /// Looks soon where the partitions are: somebody met what does not fit.
    package func hint() { core.hintTopology() }

    /// The router of the loop with that index in the loops it was made with.
    package subscript(loop index: Int) -> RedisRouter { routers[index] }

    /// Lends the router of the loop with that index: no reference to it is counted.
    package func withRouter(loop index: Int, _ body: (RedisRouter) -> Void) {
        lent[index]._withUnsafeGuaranteedRef(body)
    }

    /// The pool's name.
    package var name: String { core.configuration.name }

    /// The shards there are now; none before the first answer of a cluster or a Sentinel.
    package var shards: [RedisShardView] {
        let now = NIODeadline.now()
        return (core.snapshot?.shards ?? []).map { shard in
            let health = core.health(shard.id)
            let breaker = health?.breaker.reading(now: now)
            return RedisShardView(
                id: shard.id, address: shard.master, replicas: shard.replicas,
                partitions: shard.partitions, state: health?.state ?? .connecting,
                breaker: breaker?.state ?? .closed, retryAfter: breaker?.retryAfter)
        }
    }

    /// Calls `body` whenever `shards` changed its addresses or partitions; on any thread.
    package func onTopologyChange(_ body: @escaping @Sendable () -> Void) {
        core.observe(body)
    }

    /// Connects to a shard's master for subscriptions; not counted by `maxConnections`.
    ///
    /// - Parameters:
    ///   - shard: One of `shards`.
    ///   - eventLoop: Where this is called, the connection lives and everything is told.
    ///   - pushed: Takes the pub/sub messages.
    ///   - closed: Called once when the connection has ended, if there was one.
    /// - Returns: The connection; fails with a `RedisError`.
    package func connectSubscriber(
        to shard: RedisShardID, on eventLoop: any EventLoop,
        pushed: @escaping ([RESPValue]) -> Void, closed: @escaping (RedisError) -> Void
    ) -> EventLoopFuture<RedisConnection> {
        guard let address = core.snapshot?.shard(shard)?.master else {
            return eventLoop.makeFailedFuture(
                RedisError(.noShard, "the shard is not known (any more)", shard: shard.name))
        }
        return RedisConnection.connect(
            to: address, core.linkConfiguration(to: address, isReplica: false), on: eventLoop,
            pushed: pushed, closed: closed)
    }

    /// The numbers, with what the servers say of themselves within half a second.
    package func statistics() async -> RedisPoolStatistics {
        var sums: [RedisShardID: (counters: RedisShardCounters, connections: Int)] = [:]
        for router in routers {
            // A loop that has ended counts nothing any more.
            let read = try? await router.eventLoop.submit { router.readCounters() }.get()
            for (id, part) in read ?? [:] {
                sums[id, default: (RedisShardCounters(), 0)].counters.add(part.counters)
                sums[id, default: (RedisShardCounters(), 0)].connections += part.connections
            }
        }
        let views = shards
        let servers = await servers(of: views)
        return RedisPoolStatistics(
            name: name,
            shards: views.map { view in
                let sum = sums[view.id]
                return RedisPoolStatistics.Shard(
                    view: view, role: servers[view.id]?.role,
                    connections: sum?.connections ?? 0,
                    counters: sum?.counters ?? RedisShardCounters(),
                    latency: core.health(view.id)?.latency.summary ?? LatencyHistogram().summary,
                    server: servers[view.id])
            }, cluster: await keeper.clusterState)
    }

    private func servers(of views: [RedisShardView]) async -> [RedisShardID: RedisServerInfo] {
        let router = routers[0]
        let deadline = NIODeadline.now() + Self.infoTimeout
        return await withTaskGroup(of: (RedisShardID, RedisServerInfo?).self) { tasks in
            for view in views where view.state == .up {
                tasks.addTask {
                    let reply = router.eventLoop.flatSubmit { () -> EventLoopFuture<RESPValue> in
                        let promise = router.eventLoop.makePromise(of: RESPValue.self)
                        router.send(
                            RedisCommand("INFO", traits: .readOnly), shard: view.id,
                            deadline: deadline
                        ) { promise.completeWith($0.mapError { $0 }) }
                        return promise.futureResult
                    }
                    let text = try? await reply.get().replyText
                    return (view.id, text.map { RedisServerInfo($0) })
                }
            }
            return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }
}
