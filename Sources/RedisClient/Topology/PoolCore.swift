// Owns what the routers and the keeper of a pool share; any thread.

import Locks
import NIOCore
import Synchronization
import TLS

/// The common ground of a pool.
final class PoolCore: Sendable {
    private struct Shared {
        var routers: [RedisRouter] = []
        var snapshot: TopologySnapshot?
        var healths: [RedisShardID: ShardHealth] = [:]
        var observers: [@Sendable () -> Void] = []
        var hint: (@Sendable () -> Void)?
    }

    /// The longest wait for a sign of life of a shard whose breaker is half open.
    private static let longestProbe = TimeAmount.seconds(1)

    let configuration: RedisConfiguration
    let loops: [any EventLoop]
    let quota: ConnectionQuota
    let report: @Sendable (RedisPoolEvent) -> Void
    /// Whether somebody reads from replicas, so that it is worth knowing them.
    let wantsReplicas = Atomic(false)
    private let tls: TLSClientContext?
    private let shared = Locked(Shared())

    init(
        _ configuration: RedisConfiguration, loops: [any EventLoop],
        report: @escaping @Sendable (RedisPoolEvent) -> Void
    ) throws(TLSError) {
        precondition(!loops.isEmpty, "a pool has at least one event loop")
        self.configuration = configuration
        self.loops = loops
        self.report = report
        quota = ConnectionQuota(configuration.maxConnections)
        if let configuration = configuration.tls {
            tls = try TLSClientContext(configuration)
        } else {
            tls = nil
        }
    }

    /// The loop on which timers of the pool run and its keeper lives.
    var controlLoop: any EventLoop { loops[0] }

    /// Whether the pool's servers are a cluster.
    var isCluster: Bool {
        if case .cluster = configuration.topology { true } else { false }
    }

    /// Whether a shard that is lost may come back as another server, so that waiting is worth it.
    var followsFailover: Bool {
        if case .shards = configuration.topology { false } else { true }
    }

    /// How connections to the pool's servers are made.
    func connectionConfiguration(readsReplica: Bool) -> RedisConnectionConfiguration {
        var result = RedisConnectionConfiguration()
        result.credentials = configuration.credentials
        result.database = configuration.database
        result.clientName = "cache-manager"
        result.tls = tls
        result.serverName = configuration.tlsServerName
        result.connectTimeout = configuration.connectTimeout
        result.readsReplica = readsReplica
        result.mode = isCluster ? .cluster : .standalone
        return result
    }

    /// How connections are made that carry calls and events: to servers that are ours.
    func linkConfiguration(
        to address: RedisAddress, isReplica: Bool
    ) -> RedisConnectionConfiguration {
        var result = connectionConfiguration(readsReplica: isReplica && isCluster)
        result.needsMaster = !isReplica
        result.mark = mark(of: address, claims: !isReplica)
        return result
    }

    /// What the server at an address must have.
    func mark(of address: RedisAddress, claims: Bool = true) -> DeploymentMark {
        var names: [String] = []
        // Where partitions are placed by the shards' names, a server must keep its name.
        if case .shards(let servers) = configuration.topology, servers.count > 1 {
            names = (snapshot?.shards ?? [])
                .filter { $0.master == address || $0.replicas.contains(address) }.map(\.id.name)
        }
        return DeploymentMark(
            prefix: configuration.keyPrefix, isCluster: isCluster, shards: names, claims: claims)
    }

    /// How connections to Sentinels are made, which know neither databases nor ECHO.
    func sentinelConfiguration(_ credentials: RedisCredentials?) -> RedisConnectionConfiguration {
        var result = connectionConfiguration(readsReplica: false)
        result.credentials = credentials
        result.database = 0
        result.mode = .sentinel
        result.limits.probeInterval = nil
        return result
    }

    /// The longest that a command takes, for NIO.
    var commandTimeout: TimeAmount { TimeAmount(configuration.commandTimeout) }

    /// The topology, once it is known.
    var snapshot: TopologySnapshot? { shared.withLock { $0.snapshot } }

    /// What is known of a shard.
    func health(_ id: RedisShardID) -> ShardHealth? { shared.withLock { $0.healths[id] } }

    /// What is known of the shard that has a partition.
    func health(partition: Int) -> ShardHealth? {
        shared.withLock { shared in
            guard let snapshot = shared.snapshot, let owner = snapshot.owners[partition] else {
                return nil
            }
            return shared.healths[snapshot.shards[owner].id]
        }
    }

    /// Whether a shard of the topology has no connection.
    var isAnyShardDown: Bool {
        shared.withLock { shared in shared.healths.values.contains { $0.isUnreachable } }
    }

    /// Says who there is, once; nothing: the pool has ended.
    func attach(routers: [RedisRouter], hint: (@Sendable () -> Void)?) {
        shared.withLock { shared in
            shared.routers = routers
            shared.hint = hint
        }
    }

    /// The router of a loop.
    func router(_ index: Int) -> RedisRouter? {
        shared.withLock { $0.routers.indices.contains(index) ? $0.routers[index] : nil }
    }

    /// Calls `body` at changes of the topology.
    func observe(_ body: @escaping @Sendable () -> Void) {
        shared.withLock { $0.observers.append(body) }
    }

    /// The topology may have changed.
    func hintTopology() { shared.withLock { $0.hint }?() }

    /// Makes a topology the one that holds.
    func publish(_ snapshot: TopologySnapshot, now: NIODeadline) {
        let (old, routers, observers) = shared.withLock { shared in
            let old = shared.snapshot
            shared.snapshot = snapshot
            return (old, shared.routers, shared.observers)
        }
        guard old != snapshot else { return }
        for shard in snapshot.shards {
            _ = health(of: shard).replaceMaster(by: shard.master, now: now)
        }
        shared.withLock { shared in
            let ids = Set(snapshot.shards.map(\.id))
            shared.healths = shared.healths.filter { ids.contains($0.key) }
        }
        if let old {
            report(
                .topologyChanged(
                    shards: snapshot.shards.count,
                    partitionsMoved: snapshot.partitionsMoved(since: old)))
        }
        for router in routers {
            router.eventLoop.execute { router.install(snapshot) }
        }
        observers.forEach { $0() }
    }

    /// Says why no topology is known, to those who wait for one.
    func publish(_ failure: RedisError) {
        for router in shared.withLock({ $0.routers }) {
            router.eventLoop.execute { router.discoveryFailed(failure) }
        }
    }

    private func health(of shard: TopologySnapshot.Shard) -> ShardHealth {
        if let known = health(shard.id) { return known }
        let id = shard.id
        let report = self.report
        let breaker = ShardBreaker(
            eventLoop: controlLoop,
            probe: { [weak self] result in self?.probe(id, result) },
            report: { report(.breaker(id, $0, before: $1)) })
        let made = ShardHealth(id, master: shard.master, breaker: breaker) { [weak self] event in
            // First: whoever is told that a shard is there may use it on any loop.
            self?.follow(event)
            report(event)
        }
        shared.withLock { $0.healths[id] = made }
        return made
    }

    private func follow(_ event: RedisPoolEvent) {
        switch event {
        case .disconnected: hintTopology()
        case .connected(let id, _):
            for router in shared.withLock({ $0.routers }) {
                router.eventLoop.execute { router.hurry(id) }
            }
        default: break
        }
    }

    private func probe(_ id: RedisShardID, _ result: @escaping ShardBreaker.ProbeResult) {
        guard let router = shared.withLock({ $0.routers.first }) else { return }
        let timeout = min(Self.longestProbe, commandTimeout)
        router.eventLoop.execute {
            router.probe(id, deadline: .now() + timeout, result)
        }
    }
}
