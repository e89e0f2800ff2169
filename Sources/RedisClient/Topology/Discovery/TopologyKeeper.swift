// Finds out where the partitions are, and again whenever there is a hint; its control loop only.

import Locks
import NIOCore
import Synchronization

/// Keeps the topology of a pool up to date.
actor TopologyKeeper {
    /// The distance of regular refreshes.
    private static let period = TimeAmount.seconds(30)
    /// The same where all that is asked are Sentinels, or servers for their replicas.
    private static let cheapPeriod = TimeAmount.seconds(5)
    /// The distance of refreshes while a shard is down.
    private static let urgentPeriod = TimeAmount.milliseconds(200)
    /// The same once it has been down for that many refreshes.
    private static let patientPeriod = TimeAmount.seconds(2)
    private static let urgentRefreshes = 150
    /// The shortest distance of refreshes, however many hints there are.
    private static let shortestPeriod = TimeAmount.milliseconds(100)

    let core: PoolCore
    /// What the cluster says of itself.
    var clusterState: RedisPoolStatistics.Cluster?
    /// The Sentinels that are known, the one that answered last first.
    var sentinels: [RedisAddress] = []
    var watches: [RedisAddress: SentinelWatch] = [:]
    private(set) var isStopped = false
    private var toldFailure = false
    private var urgentCount = 0
    private var hinted = false
    private var sleeper: CheckedContinuation<Void, Never>?
    private let isHintOnItsWay = Atomic(false)
    private let executor: any SerialExecutor

    init(_ core: PoolCore) {
        self.core = core
        executor = core.controlLoop.executor
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Refreshes until it is stopped.
    func run() async {
        while !isStopped {
            hinted = false
            let began = NIODeadline.now()
            do {
                try await refresh()
                toldFailure = false
            } catch {
                failed(error as? RedisError ?? RedisError(.noShard, "\(error)"))
            }
            await sleep(until: began + period())
            // Hints wait until the shortest distance is over.
            await pause(until: began + Self.shortestPeriod)
        }
        for watch in watches.values { watch.stop() }
        watches = [:]
    }

    /// The topology may have changed. Cheap, from any thread.
    nonisolated func hint() {
        guard !isHintOnItsWay.exchange(true, ordering: .relaxed) else { return }
        Task { await self.wakeUp() }
    }

    /// Ends.
    func stop() {
        isStopped = true
        wakeUp()
    }

    private func wakeUp() {
        isHintOnItsWay.store(false, ordering: .relaxed)
        hinted = true
        sleeper?.resume()
        sleeper = nil
    }

    private func refresh() async throws {
        switch core.configuration.topology {
        case .shards(let servers): try await refresh(servers)
        case .cluster(let seeds): try await refresh(seeds: seeds)
        case .sentinel(let addresses, let name, let credentials):
            if sentinels.isEmpty { sentinels = addresses }
            try await refresh(masterName: name, credentials)
        }
    }

    private func refresh(_ servers: [RedisShardConfiguration]) async throws {
        if core.snapshot == nil { core.publish(.independent(servers), now: .now()) }
        guard core.wantsReplicas.load(ordering: .relaxed), var snapshot = core.snapshot else {
            return
        }
        // The first router lives on this loop.
        guard let router = core.router(0) else { return }
        for shard in snapshot.shards where core.health(shard.id)?.isUnreachable == false {
            let reply = try await router.send(
                RedisCommand("INFO", "replication", traits: .readOnly), shard: shard.id,
                deadline: .now() + NodeQuery.timeout)
            // Sorted: servers tell them in any order.
            let replicas = RedisServerInfo(reply.replyText ?? "").replicas
                .sorted { "\($0)" < "\($1)" }
            snapshot = snapshot.with(replicas: replicas, of: shard.id)
        }
        core.publish(snapshot, now: .now())
    }

    /// Asks one of the pool's servers.
    func ask(_ address: RedisAddress, _ commands: [RedisCommand]) async throws -> [RESPValue] {
        try await NodeQuery.ask(
            address, commands, core.connectionConfiguration(readsReplica: false),
            on: core.controlLoop)
    }

    private func failed(_ error: RedisError) {
        if core.snapshot == nil { core.publish(error) }
        guard !toldFailure else { return }
        toldFailure = true
        core.report(.discoveryFailed(error))
    }

    private func period() -> TimeAmount {
        guard core.followsFailover, toldFailure || core.isAnyShardDown else {
            urgentCount = 0
            return core.isCluster ? Self.period : Self.cheapPeriod
        }
        urgentCount += 1
        return urgentCount > Self.urgentRefreshes ? Self.patientPeriod : Self.urgentPeriod
    }

    private func sleep(until deadline: NIODeadline) async {
        guard !hinted, !isStopped else { return }
        let timer = core.controlLoop.scheduleTask(deadline: deadline) { [weak self] in
            guard let self else { return }
            self.assumeIsolated { $0.wakeUp() }
        }
        await withCheckedContinuation { sleeper = $0 }
        timer.cancel()
    }

    private func pause(until deadline: NIODeadline) async {
        guard !isStopped, NIODeadline.now() < deadline else { return }
        await withCheckedContinuation { continuation in
            core.controlLoop.scheduleTask(deadline: deadline) { continuation.resume() }
        }
    }
}

extension RedisError {
    /// Why nobody told where the servers are. Where we are not let in, the settings are wrong, and
    /// that stays to be seen.
    func discovery(_ what: String) -> RedisError {
        RedisError(needsCorrection ? code : .noShard, "\(what): \(description)")
    }
}
