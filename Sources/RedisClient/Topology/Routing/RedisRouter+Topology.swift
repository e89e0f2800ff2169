// Takes a new topology over, and opens and closes links; the router's event loop only.

import Invalidation
import NIOCore

extension RedisRouter {
    /// Goes by a topology from now on.
    func install(_ snapshot: TopologySnapshot) {
        eventLoop.assertInEventLoop()
        guard !isShutDown else { return }
        discoveryFailure = nil
        generation += 1
        let own = core.quota.connectingLoops(of: core.loops.count, masters: snapshot.shards.count)
        host = index < own ? nil : core.router(index % own)
        let shards = host == nil ? snapshot.shards : []
        var kept: [RedisShardID: ShardLane] = [:]
        for shard in shards { kept[shard.id] = lane(for: shard) }
        lanes = kept
        for partition in 0..<Partitioning.count {
            let owner = host == nil ? snapshot.owners[partition] : nil
            laneOfPartition[partition] = owner.flatMap { lanes[shards[$0].id] }
        }
        closeUnusedLinks()
        for lane in lanes.values { lane.master.open() }
        wake(alsoTimed: true)
    }

    private func lane(for shard: TopologySnapshot.Shard) -> ShardLane? {
        let master = link(to: shard.master, isReplica: false)
        guard let health = core.health(shard.id) else { return nil }
        let known = lanes[shard.id].flatMap { $0.health === health ? $0 : nil }
        let lane =
            known
            ?? ShardLane(
                health: health, master: master, loopIndex: index,
                commandTimeout: core.commandTimeout)
        if lane.master !== master { retire(lane.master, of: lane) }
        lane.master = master
        if lane.replicaAddresses != shard.replicas {
            lane.replicaAddresses = shard.replicas
            lane.replicas = []
        }
        for address in shard.replicas {
            links[LinkKey(address: address, isReplica: true)]?.generation = generation
        }
        // A link that served redirections before the topology was known.
        if master.connection != nil {
            health.connected(ObjectIdentifier(master), to: master.address)
        }
        return lane
    }

    /// Closes the link to a master that is none any more: what waits there goes to the new one.
    private func retire(_ link: ServerLink, of lane: ShardLane) {
        if !lanes.values.contains(where: { $0 !== lane && $0.master === link }) {
            links[LinkKey(address: link.address, isReplica: false)] = nil
            link.close()
        }
        lane.counters.bytesSent += link.sentBefore
        lane.counters.bytesReceived += link.receivedBefore
    }

    /// The link to a server, made if there is none.
    func link(to address: RedisAddress, isReplica: Bool) -> ServerLink {
        let key = LinkKey(address: address, isReplica: isReplica)
        if let known = links[key] {
            known.generation = generation
            return known
        }
        let made = ServerLink(
            to: address, isReplica: isReplica, core: core, eventLoop: eventLoop,
            events: ServerLink.Events(
                connected: { [weak self] link in self?.linkConnected(link) },
                failed: { [weak self] in self?.linkFailed($0, $1, wasConnected: $2) }))
        made.generation = generation
        links[key] = made
        return made
    }

    /// Closes the links that neither the topology names nor a redirection used since the last.
    private func closeUnusedLinks() {
        for (key, link) in links where link.generation < generation - (key.isReplica ? 0 : 1) {
            links[key] = nil
            link.close()
        }
    }

    private func linkConnected(_ link: ServerLink) {
        for lane in lanes.values where lane.master === link {
            lane.health.connected(ObjectIdentifier(link), to: link.address)
        }
        wake(alsoTimed: false)
    }

    private func linkFailed(
        _ link: ServerLink, _ error: RedisError, wasConnected: Bool
    ) {
        for lane in lanes.values where lane.master === link {
            lane.health.failed(ObjectIdentifier(link), to: link.address, error.named(lane.id))
            // A failover is waited for: the calls that wait in vain count.
            if wasConnected, !core.followsFailover { lane.failed(now: .now()) }
        }
        wake(alsoTimed: false)
    }

    /// Another loop is connected to a shard's master: the wait for the next attempt is over.
    func hurry(_ id: RedisShardID) { lanes[id]?.master.hurry() }

    /// Nobody tells where the servers are.
    func discoveryFailed(_ error: RedisError) {
        discoveryFailure = error
        wake(alsoTimed: false)
    }

    /// Ends everything.
    func shutdown() {
        isShutDown = true
        for link in links.values { link.close() }
        links = [:]
        wake(alsoTimed: true)
    }

    /// Asks a shard's master for a sign of life.
    func probe(
        _ id: RedisShardID, deadline: NIODeadline, _ result: @escaping ShardBreaker.ProbeResult
    ) {
        guard let connection = lanes[id]?.master.connection else { return result(false) }
        connection.send(RedisCommand("PING"), deadline: deadline) { reply in
            switch reply {
            // A user who may not PING shows that the server is well, too.
            case .success(.error(let error)): result(!["LOADING", "BUSY"].contains(error.code))
            case .success: result(true)
            case .failure: result(false)
            }
        }
    }

    /// What this loop counted of each shard, and how many connections it has.
    func readCounters() -> [RedisShardID: (counters: RedisShardCounters, connections: Int)] {
        lanes.mapValues { lane in
            var sum = lane.counters
            let links = [lane.master] + lane.replicas
            for link in links {
                sum.inFlight += link.connection?.inFlight ?? 0
                sum.queuedBytes += link.connection?.queuedBytes ?? 0
                sum.bytesSent += link.sentBefore + UInt64(link.connection?.bytesSent ?? 0)
                sum.bytesReceived +=
                    link.receivedBefore + UInt64(link.connection?.bytesReceived ?? 0)
            }
            return (sum, links.count { $0.connection != nil })
        }
    }
}
